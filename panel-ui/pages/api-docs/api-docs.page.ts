import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { describeApi } from '../../../daemon/api/openapi.js';
import { apiControllers } from '../../../daemon/api/openapi.controller.js';
import type { HoldfastRequest } from '../../../daemon/api/request.js';
import { t } from '../../../daemon/platform/messages.js';
import type { InstancePaths } from '../../../daemon/platform/instance.js';
import { INSTANCE_PATHS } from '../../../daemon/platform/platform.module.js';
import { VERSION } from '../../../daemon/platform/version.js';
import { textOf } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toApiDocsView, type ApiDocument } from './api-docs.view.js';

@Controller()
export class ApiDocsPage {
  private readonly document = describeApi(apiControllers(), VERSION) as ApiDocument;

  constructor(
    private readonly pages: PanelPages,
    @Inject(INSTANCE_PATHS) private readonly instance: Pick<InstancePaths, 'socket'>,
  ) {}

  @Get(paths.apiDocs)
  show(@Req() request: HoldfastRequest, @Res() response: Response): void {
    const model = toApiDocsView(this.document, {
      q: textOf(request.query['q']),
      group: textOf(request.query['group']),
      socket: this.instance.socket,
      base: `${request.protocol}://${request.headers.host ?? 'localhost'}`,
    });
    const options = { title: t('API'), section: 'about' } as const;
    this.pages.page({ request, response }, 'api-docs', model, options);
  }
}
