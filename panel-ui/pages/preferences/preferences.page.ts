import { Controller, Post, Req, Res } from '@nestjs/common';
import type { CookieOptions, Response } from 'express';
import type { HoldfastRequest } from '../../../daemon/api/request.js';
import { LANGUAGE_COOKIE } from '../../../daemon/api/language.middleware.js';
import { LANGUAGES } from '../../../daemon/platform/messages.js';
import { typedFields } from '../../form.js';
import { PanelPages, RAIL_COOKIE, THEME_COOKIE } from '../../panel-pages.js';
import { paths, safeReturnPath } from '../../routes.js';

const YEAR_MS = 31_536_000_000;
const KEPT: CookieOptions = { httpOnly: true, sameSite: 'lax', path: '/', maxAge: YEAR_MS };

const CHOICES = [
  { field: 'theme', cookie: THEME_COOKIE, values: ['auto', 'light', 'dark'] },
  { field: 'rail', cookie: RAIL_COOKIE, values: ['open', 'folded'] },
  { field: 'language', cookie: LANGUAGE_COOKIE, values: Object.keys(LANGUAGES) },
];

@Controller()
export class PreferencesPage {
  constructor(private readonly pages: PanelPages) {}

  /** Kept by the browser: how a page looks is no business of the catalogue. */
  @Post(paths.preferences)
  act(@Req() request: HoldfastRequest, @Res() response: Response): void {
    const typed = typedFields(request.body);
    for (const { field, cookie, values } of CHOICES) {
      const value = typed[field];
      if (typeof value === 'string' && values.includes(value)) response.cookie(cookie, value, KEPT);
    }
    this.pages.redirect({ request, response }, safeReturnPath(typed['return']));
  }
}
