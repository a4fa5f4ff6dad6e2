import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AllowAnonymous, type HoldfastRequest } from '../../../daemon/api/request.js';
import { fetchOf, sendDownload } from '../../../daemon/api/send-download.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { DownloadLinks } from '../../../daemon/restores/download-links.service.js';
import { countFrom } from '../../form.js';
import { paths } from '../../routes.js';

/** A prepared file, for whoever has a link to it. */
@Controller()
export class DownloadFilePage {
  constructor(private readonly links: DownloadLinks) {}

  @AllowAnonymous()
  @Get(paths.downloadFile)
  async send(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    // Also of a refusal: what follows it must not learn the link.
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('x-robots-tag', 'noindex');
    const { expires, signature, ...others } = query;
    const runId = countFrom(id);
    const isWhole = typeof expires === 'string' && typeof signature === 'string';
    if (!isWhole || !/^\d{1,12}$/.test(expires) || runId === undefined) {
      throw notFound('download', 'file');
    }
    if (Object.keys(others).length > 0) throw notFound('download', runId);
    const proof = { expires: Number(expires), signature };
    await sendDownload(response, await this.links.open(runId, proof, fetchOf(request)));
  }
}
