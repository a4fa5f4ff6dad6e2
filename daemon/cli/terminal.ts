/**
 * Where the command line reads and writes. Results go to standard output, everything said beside
 * them to standard error, so that output can be piped. In JSON mode standard output holds exactly
 * one document, or one on each line while following.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import type { ExitCode } from '../platform/exit-codes.js';
import { harmlessJson } from '../platform/harmless-json.js';

export interface Streams {
  stdin: NodeJS.ReadStream | ReadStream;
  stdout: NodeJS.WriteStream | WriteStream;
  stderr: NodeJS.WriteStream | WriteStream;
}

export class Terminal {
  exitCode: ExitCode = 0;

  constructor(
    readonly streams: Streams,
    readonly isJson: boolean,
  ) {}

  /** Bars and moving lines are drawn only where they can be seen. */
  get isLive(): boolean {
    return this.streams.stderr.isTTY && !this.isJson && process.env['TERM'] !== 'dumb';
  }

  /** The result: a JSON document, or the text that `describe` makes of it. */
  result<Value>(value: Value, describe: (value: Value) => string): void {
    if (this.isJson) {
      this.streams.stdout.write(`${harmlessJson(value, 2)}\n`);
      return;
    }
    const text = describe(value);
    if (text !== '') this.streams.stdout.write(`${text}\n`);
  }

  /** One of many results, as they come: a line of JSON, or a line of text. */
  item<Value>(value: Value, describe: (value: Value) => string): void {
    const line = this.isJson ? harmlessJson(value) : describe(value);
    this.streams.stdout.write(`${line}\n`);
  }

  /** Something for the person at the terminal; never part of the result. */
  note(text: string): void {
    if (!this.isJson) this.streams.stderr.write(`${text}\n`);
  }
}
