/**
 * The one way to build the application, in production and in tests: modules, what every request
 * passes through, and the doors. Nothing is switched off for tests. Starting work (recovery, the
 * queue) is lifecycle.ts; here nothing runs by itself.
 */
import type { RequestListener } from 'node:http';
import { NestFactory, Reflector } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { NextFunction, Response } from 'express';
import helmet from 'helmet';
import { failurePage } from '../panel-ui/failure-page.js';
import { PanelPages } from '../panel-ui/panel-pages.js';
import { ActorGuard } from './api/actor.guard.js';
import { actorMiddleware } from './api/actor.middleware.js';
import { checkCsrf } from './api/csrf.js';
import { ErrorFilter } from './api/error.filter.js';
import { allowedHosts, checkHost } from './api/host-check.js';
import { languageMiddleware } from './api/language.middleware.js';
import { zoneMiddleware } from './api/zone.middleware.js';
import { peerOf } from './api/listeners.js';
import { teachSchemas } from './api/schema-language.js';
import type { HoldfastRequest } from './api/request.js';
import { StrayInputGuard } from './api/stray-input.guard.js';
import { AppModule } from './app.module.js';
import { ActorsService } from './auth/actors.service.js';
import { ApiTokensService } from './auth/api-tokens.service.js';
import { SessionsService } from './auth/sessions.service.js';
import type { Config } from './platform/config-schema.js';
import { nestLogger } from './platform/nest-logger.js';
import { problemsOf, unusable } from './platform/parse-input.js';
import type { Platform } from './platform/platform.module.js';

/** A restore may name thousands of paths. */
const JSON_LIMIT = '4mb';
const FORM_LIMIT = '1mb';

/** The application, initialised and without open doors; `handlerOf` gives what a door serves. */
export async function createApp(platform: Platform): Promise<NestExpressApplication> {
  teachSchemas();
  const adapter = new ExpressAdapter();
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a class only in name
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(platform), adapter, {
    abortOnError: false,
    bodyParser: false,
    logger: nestLogger(platform.logger),
    routeConflictPolicy: { duplicate: 'error' },
    routeResolutionStrategy: 'specificity',
  });
  try {
    addPassage(app, platform.config);
    app.useGlobalFilters(new ErrorFilter(platform.logger, failurePage(app.get(PanelPages))));
    app.useGlobalGuards(new ActorGuard(app.get(Reflector)), new StrayInputGuard());
    app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest }));
    await app.init();
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** What a listener serves: the same Express application behind every door. */
export function handlerOf(app: NestExpressApplication): RequestListener {
  return app.getHttpAdapter().getInstance() as RequestListener;
}

/** What every request passes, in this order: headers, host, caller, body, language, zone, CSRF. */
function addPassage(app: NestExpressApplication, config: Config): void {
  const { panel } = config;
  const hosts = allowedHosts(panel);
  const publicHost = panel.publicUrl === undefined ? undefined : new URL(panel.publicUrl).host;
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(securityHeaders(isSecure(panel)));
  app.use(
    step((request) => {
      if (peerOf(request.socket) === undefined) checkHost(request.headers.host, hosts);
    }),
  );
  app.use(
    actorMiddleware({
      actors: app.get(ActorsService),
      sessions: app.get(SessionsService),
      tokens: app.get(ApiTokensService),
    }),
  );
  app.useBodyParser('json', { limit: JSON_LIMIT });
  app.useBodyParser('urlencoded', { limit: FORM_LIMIT, extended: false, parameterLimit: 20_000 });
  // After the body: what waits for one does not remember who waited.
  app.use(languageMiddleware);
  app.use(zoneMiddleware(config.schedule.timeZone));
  app.use(
    step((request) => {
      // Express leaves it undefined when there is none; schemas then see an input without fields.
      request.body ??= {};
      checkCsrf(request, publicHost);
    }),
  );
}

function isSecure(panel: Config['panel']): boolean {
  return panel.tls !== undefined || panel.publicUrl?.startsWith('https:') === true;
}

function step(check: (request: HoldfastRequest) => void) {
  return (request: HoldfastRequest, _response: Response, next: NextFunction): void => {
    check(request);
    next();
  };
}

/** Pages load what this server serves and nothing else; no other site may frame or read them. */
function securityHeaders(isHttps: boolean) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        // Bootstrap draws its small marks from data addresses in its style sheet.
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: isHttps,
    xFrameOptions: { action: 'deny' },
  });
}

function invalidRequest(issues: Parameters<typeof problemsOf>[0]): Error {
  return unusable('request', problemsOf(issues));
}
