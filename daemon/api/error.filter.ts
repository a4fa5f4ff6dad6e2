/**
 * The one place that turns errors into HTTP answers: JSON below /api, a page of the
 * panel elsewhere. One of the three translators of errors; the others are a run's outcome
 * and the command line's exit code.
 */
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from '../platform/logger.js';
import type { AppError } from '../platform/errors.js';
import { speaking } from '../platform/messages.js';
import { failureBody, toHttpFailure, type HttpFailure } from './failure.js';
import { isForPrograms, languageFor } from './language.middleware.js';
import type { HoldfastRequest } from './request.js';

/** Shows a failure to a browser. The panel provides it; it must not throw. */
export type FailurePage = (
  request: HoldfastRequest,
  response: Response,
  failure: HttpFailure,
) => void;

@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly showPage: FailurePage,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<HoldfastRequest>(), http.getResponse<Response>());
  }

  answer(thrown: unknown, request: HoldfastRequest, response: Response): void {
    // What a body or a stream waits for does not remember who asked.
    speaking(languageFor(request), () => this.say(thrown, request, response));
  }

  private say(thrown: unknown, request: HoldfastRequest, response: Response): void {
    const { failure, error } = toHttpFailure(thrown);
    this.log(failure, error, request);
    if (response.headersSent) {
      // Too late for a status: cutting the connection tells the reader that the body is not whole.
      response.destroy();
      return;
    }
    if (failure.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (isForPrograms(request)) {
      response.status(failure.status).json(failureBody(failure));
      return;
    }
    this.showPage(request, response, failure);
  }

  /** In English: of what is told in the reader's language, only the code is logged. */
  private log(failure: HttpFailure, error: AppError, request: HoldfastRequest): void {
    const facts = {
      code: failure.code,
      status: failure.status,
      method: request.method,
      path: request.path,
    };
    if (failure.kind === 'bug' || failure.kind === 'integrity') {
      this.logger.error({ ...facts, errorId: failure.errorId, err: error }, 'A request failed');
      return;
    }
    this.logger.debug(facts, 'A request was refused');
  }
}
