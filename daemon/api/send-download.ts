import type { Response } from 'express';
import { AppError, errnoOf, notFound } from '../platform/errors.js';

/**
 * Answers with a file of ours to be saved, whole or the range that was asked for. Whatever it
 * holds, a browser never shows it as a page of the panel.
 */
export async function sendDownload(
  response: Response,
  path: string,
  fileName: string,
): Promise<void> {
  response.attachment(fileName);
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('cache-control', 'private, no-store');
  // The state directory may lie below a hidden one, as a sandbox does.
  const options = { dotfiles: 'allow', acceptRanges: true, cacheControl: false } as const;
  await new Promise<void>((resolve, reject) => {
    response.sendFile(path, options, (error: Error | undefined) => {
      const isGone = response.headersSent || errnoOf(error) === 'ECONNABORTED';
      if (error === undefined || isGone) resolve();
      else reject(sendError(response, error));
    });
  });
}

function sendError(response: Response, error: Error): AppError {
  response.removeHeader('content-disposition');
  response.removeHeader('content-type');
  if (errnoOf(error) === 'ENOENT') return notFound('download', 'file');
  if ('status' in error && error.status === 416) {
    return new AppError('input', 'request.range', 'The file does not have this range.');
  }
  return new AppError('bug', 'download.unreadable', 'The file could not be sent.', {
    cause: error,
  });
}
