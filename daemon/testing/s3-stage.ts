/** A bucket on a test server and destinations on it, right and wrong. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { failureOf, inTime } from '../../destinations/conformance/check-tools.js';
import { S3Destination, type S3Context } from '../../destinations/s3/s3.destination.js';
import { s3Settings } from '../../destinations/s3/s3.settings.js';
import type { S3Tuning } from '../../destinations/s3/s3-store.js';
import { AppError } from '../platform/errors.js';
import type { S3TestServer } from './servers/server-script.js';

export interface S3OpenOptions {
  settings?: Record<string, unknown>;
  secretAccessKey?: string;
  context?: S3Context;
  tuning?: S3Tuning;
}

export interface S3Stage {
  bucket: string;
  open(options?: S3OpenOptions): S3Destination;
  /** `bucket at endpoint`. */
  described: string;
}

/** A bucket of its own for the calling test. */
export async function stageOn(server: S3TestServer): Promise<S3Stage> {
  const bucket = `test-${randomBytes(4).toString('hex')}`;
  await server.createBucket(bucket);
  const { endpoint, accessKeyId } = server;
  const common = { provider: 'ceph', endpoint, bucket, accessKeyId };
  const open = ({ settings, context, tuning, ...rest }: S3OpenOptions = {}): S3Destination => {
    const { secretAccessKey = server.secretAccessKey } = rest;
    const parsed = s3Settings.parse({ ...common, ...settings });
    const destination = new S3Destination(parsed, { secretAccessKey }, context, tuning);
    onTestFinished(() => destination.close());
    return destination;
  };
  return { bucket, open, described: `${bucket} at ${endpoint}` };
}

/** The failure of a call, which has to come in time and to hold no secret. */
export async function failing(call: Promise<unknown>): Promise<AppError> {
  const error = await failureOf(inTime(call, 'The call'), 'The call');
  expect(error).toBeInstanceOf(AppError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/testsecret|wrong-secret/);
  return error as AppError;
}

/** An HTTP server for the calling test; returns its address. */
export async function localServer(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
