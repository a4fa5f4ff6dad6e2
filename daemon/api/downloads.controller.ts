import { Controller, Delete, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { DownloadLinks } from '../restores/download-links.service.js';
import type { DownloadLink } from '../restores/download-signer.js';
import { DownloadsService } from '../restores/downloads.service.js';
import {
  downloadLinkView,
  downloadView,
  toDownloadView,
  type DownloadView,
} from './download-views.js';
import { count, limit, runParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor, type HoldfastRequest } from './request.js';
import { fetchOf, sendDownload } from './send-download.js';

type RunId = z.output<typeof runParam>;
const listQuery = z.strictObject({ limit: limit(50, 500), before: count.optional() });

@Controller('api/v1/downloads')
export class DownloadsController {
  constructor(
    private readonly downloads: DownloadsService,
    private readonly links: DownloadLinks,
    private readonly names: Names,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Downloads, newest first: being prepared, ready, failed, expired',
    answers: z.array(downloadView),
  })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<DownloadView[]> {
    const nameOf = await this.names.ofAccounts(actor);
    const downloads = await this.downloads.list(actor, query);
    return downloads.map((download) => toDownloadView(download, nameOf));
  }

  @Get(':id')
  @ApiRoute({
    summary: 'The file of a finished download run; ranges are answered',
    answers: { mediaType: 'application/octet-stream' },
  })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await sendDownload(response, await this.downloads.open(actor, id, fetchOf(request)));
  }

  @Post(':id/link')
  @ApiRoute({
    summary: 'A link that fetches the file without signing in, until it expires',
    answers: downloadLinkView,
  })
  link(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
  ): Promise<DownloadLink> {
    return this.links.make(actor, id);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Remove the file now; its links end with it', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: RunId,
  ): Promise<void> {
    await this.downloads.remove(actor, id);
  }
}
