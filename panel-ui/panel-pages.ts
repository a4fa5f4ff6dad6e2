/**
 * Answers pages and fragments: gathers what the layout needs from the request, renders, sends.
 * The one door between controllers and templates. It decides nothing about who may see what.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { cookieValue } from '../daemon/api/cookies.js';
import type { HoldfastRequest } from '../daemon/api/request.js';
import { AlertsService } from '../daemon/notices/alerts.service.js';
import { currentLanguage } from '../daemon/platform/messages.js';
import type { Clock } from '../daemon/platform/clock.js';
import { CLOCK } from '../daemon/platform/platform.module.js';
import { assetUrls, loadAssets, type AssetName, type Asset } from './assets.js';
import type { Flash } from './flashes.js';
import { toLayout, toPreferences, type LayoutView } from './layout.js';
import type { Section } from './navigation.js';
import { safeReturnPath, urls } from './routes.js';
import { Templates, type FragmentModels, type PageModels } from './view.js';

export const THEME_COOKIE = 'holdfast_theme';
export const RAIL_COOKIE = 'holdfast_rail';
const FLASH_COOKIE = 'holdfast_flash';

/** Answered with a fragment, htmx stops asking for it again. */
const STOP_POLLING = 286;

/** One request and the answer to it. */
export interface Exchange {
  request: HoldfastRequest;
  response: Response;
}

export interface PageOptions {
  title: string;
  section?: Section;
  status?: number;
  /** It shows what changes; who has no scripts is offered to load it again. */
  isLive?: boolean;
}

@Injectable()
export class PanelPages {
  readonly assets: Record<AssetName, Asset> = loadAssets();
  private readonly templates = new Templates();
  private readonly assetUrls = assetUrls(this.assets);

  constructor(
    private readonly alerts: AlertsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /** Sends a whole page. */
  page<K extends keyof PageModels>(
    exchange: Exchange,
    name: K,
    model: PageModels[K],
    options: PageOptions,
  ): void {
    const layout = this.layout(exchange, options);
    const html = this.templates.page(name, { ...model, layout });
    if (layout.flash !== undefined) exchange.response.clearCookie(FLASH_COOKIE, { path: '/' });
    send(exchange.response, options.status ?? 200, html);
  }

  /** Sends a part of a page that has its own address. */
  fragment<K extends keyof FragmentModels>(
    exchange: Exchange,
    name: K,
    model: FragmentModels[K],
    options: { isLast?: boolean } = {},
  ): void {
    const html = this.htmlOf(exchange, name, model);
    send(exchange.response, options.isLast === true ? STOP_POLLING : 200, html);
  }

  /** The same, for who sends it otherwise. */
  htmlOf<K extends keyof FragmentModels>(
    exchange: Exchange,
    name: K,
    model: FragmentModels[K],
  ): string {
    const layout = this.layout(exchange, { title: '' });
    return this.templates.fragment(name, { ...model, layout });
  }

  /** After a POST: to another page, which may announce what happened. */
  redirect({ response }: Exchange, path: string, flash?: Flash): void {
    if (flash !== undefined) {
      response.cookie(FLASH_COOKIE, flash, { httpOnly: true, sameSite: 'lax', path: '/' });
    }
    response.redirect(303, path);
  }

  /** To the sign-in page, and from there back to where the request wanted to go. */
  redirectToSignIn({ request, response }: Exchange): void {
    const isFragment = request.headers['hx-request'] === 'true';
    if (isFragment) {
      // A redirect would put the sign-in page into the fragment's place.
      response.setHeader('HX-Redirect', urls.signIn());
      response.status(204).end();
      return;
    }
    const isPage = request.method === 'GET' && request.originalUrl !== urls.dashboard();
    response.redirect(303, urls.signIn(isPage ? safeReturnPath(request.originalUrl) : undefined));
  }

  private layout({ request }: Exchange, options: PageOptions): LayoutView {
    const cookie = (name: string): string | undefined => cookieValue(request.headers.cookie, name);
    const isPage = request.method === 'GET';
    return toLayout({
      title: options.title,
      section: options.section,
      actor: request.actor,
      csrf: request.browserSession?.csrfToken ?? '',
      here: isPage ? safeReturnPath(request.originalUrl) : urls.dashboard(),
      language: currentLanguage(),
      preferences: toPreferences(cookie(THEME_COOKIE), cookie(RAIL_COOKIE)),
      flash: cookie(FLASH_COOKIE),
      isLive: options.isLive === true,
      openErrors: this.alerts.openErrors,
      assets: this.assetUrls,
    });
  }
}

/** Pages hold what only this viewer may see, and change at any moment. */
function send(response: Response, status: number, html: string): void {
  response
    .status(status)
    .setHeader('Cache-Control', 'private, no-store')
    .type('text/html; charset=utf-8')
    .send(html);
}
