import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AllowAnonymous, type HoldfastRequest } from '../../../daemon/api/request.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import type { Asset, AssetName } from '../../assets.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';

const YEAR_SECONDS = 31_536_000;

@Controller()
@AllowAnonymous()
export class AssetsPage {
  constructor(private readonly pages: PanelPages) {}

  /** Only what is on the fixed list; kept for ever under its version, not at all under another. */
  @Get(paths.assets)
  show(
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): void {
    const { assets } = this.pages;
    if (!Object.hasOwn(assets, name)) throw notFound('asset', name);
    const asset = assets[name as AssetName];
    const isCurrent = request.query['v'] === asset.version;
    response.setHeader(
      'Cache-Control',
      isCurrent ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
    );
    response.setHeader('ETag', `"${asset.version}"`);
    response.setHeader('Vary', 'Accept-Encoding');
    response.setHeader('Content-Type', asset.type);
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    response.end(encoded(asset, request, response));
  }
}

function encoded(asset: Asset, request: HoldfastRequest, response: Response): Buffer {
  if (request.acceptsEncodings('gzip') !== 'gzip') return asset.body;
  response.setHeader('Content-Encoding', 'gzip');
  return asset.gzipped;
}
