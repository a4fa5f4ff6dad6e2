import type { Request, Response } from 'express';
import { AppError, errnoOf } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import type { DownloadFile, Fetch } from '../restores/downloads.service.js';

/** How a file is asked for, for the record. */
export function fetchOf({ method, headers, socket }: Request): Fetch {
  return { method, address: socket.remoteAddress ?? '', range: headers.range };
}

/**
 * Answers with a file of ours to be saved, whole or the range that was asked for. Whatever it
 * holds, a browser never shows it as a page of the panel.
 */
export async function sendDownload(
  response: Response,
  { path, fileName, etag }: Pick<DownloadFile, 'path' | 'fileName' | 'etag'>,
): Promise<void> {
  response.attachment(fileName);
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('cache-control', 'private, no-store');
  // Kept by Express, which would make a weak one; If-Range needs a strong one.
  response.setHeader('etag', etag);
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
  for (const name of ['content-disposition', 'content-type', 'etag']) response.removeHeader(name);
  if (errnoOf(error) === 'ENOENT') return notFound('download', 'file');
  if ('status' in error && error.status === 416) {
    return new AppError('input', 'request.range', t('The file does not have this range.'));
  }
  return new AppError('bug', 'download.unreadable', 'The file could not be sent.', {
    cause: error,
  });
}
