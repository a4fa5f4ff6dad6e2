import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { DownloadsService } from './downloads.service.js';

@Module({
  imports: [RunsModule],
  providers: [DownloadsService],
  exports: [DownloadsService],
})
export class RestoresModule {}
