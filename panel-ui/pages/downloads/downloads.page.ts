import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { DownloadLinks } from '../../../daemon/restores/download-links.service.js';
import { DownloadsService } from '../../../daemon/restores/downloads.service.js';
import { countFrom } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { LiveStreams } from '../../live-parts.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { runId } from '../run/run-facts.js';
import { toDownloadsLive, toDownloadsView, type DownloadsInput } from './downloads.view.js';

const ROWS = 30;
const OPTIONS = { section: 'downloads', isLive: true } as const;

@Controller()
export class DownloadsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly downloads: DownloadsService,
    private readonly links: DownloadLinks,
    private readonly names: ListedNames,
    private readonly streams: LiveStreams,
  ) {}

  @Get(paths.downloads)
  async show(
    @CurrentActor() actor: Actor,
    @Query('before') before: unknown,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toDownloadsView(await this.look(actor, countFrom(before)));
    this.pages.page({ request, response }, 'downloads', model, {
      ...{ title: t('Downloads') },
      ...OPTIONS,
    });
  }

  @Get(paths.downloadsLive)
  async showLive(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toDownloadsLive(await this.look(actor));
    this.pages.fragment({ request, response }, 'downloads-live', model);
  }

  @Get(paths.downloadsStream)
  async stream(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    await this.streams.stream(exchange, async () => {
      const model = toDownloadsLive(await this.look(actor));
      const html = this.pages.htmlOf(exchange, 'downloads-live', model);
      return { parts: { downloads: html }, isOver: false };
    });
  }

  /** The link is shown on the page that answers, and nowhere else. */
  @Post(paths.downloadLink)
  async makeLink(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const link = await this.links.make(actor, runId(id));
    const { fileName } = await this.downloads.file(actor, runId(id));
    const model = toDownloadsView(await this.look(actor), { link, fileName });
    this.pages.page({ request, response }, 'downloads', model, {
      ...{ title: t('Downloads') },
      ...OPTIONS,
    });
  }

  @Post(paths.downloadRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.downloads.remove(actor, runId(id));
    this.pages.redirect({ request, response }, urls.downloads(), 'download-removed');
  }

  private async look(actor: Actor, before?: number): Promise<DownloadsInput> {
    const found = await this.downloads.list(actor, { limit: ROWS + 1, before });
    return {
      downloads: found.slice(0, ROWS),
      names: await this.names.for(actor),
      before,
      hasMore: found.length > ROWS,
      now: this.pages.now(),
    };
  }
}
