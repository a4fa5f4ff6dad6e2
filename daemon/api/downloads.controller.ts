import { basename } from 'node:path';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { DownloadsService } from '../restores/downloads.service.js';
import { runParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { sendDownload } from './send-download.js';

@Controller('api/v1/downloads')
export class DownloadsController {
  constructor(private readonly downloads: DownloadsService) {}

  @Get(':id')
  @ApiRoute({
    summary: 'The file of a finished download run; ranges are answered',
    answers: { mediaType: 'application/octet-stream' },
  })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: z.output<typeof runParam>,
    @Res() response: Response,
  ): Promise<void> {
    const { path, fileName } = await this.downloads.file(actor, id);
    await sendDownload(response, path, basename(fileName));
  }
}
