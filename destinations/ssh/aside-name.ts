/** The name of an object while another takes its place, where a server cannot do that in one step. */
import { temporaryNameOf } from '../keys.js';

const ASIDE = /^\.(.+)\.tmp-[0-9a-f]+-replaced$/;
/** Temporaries keep no more of a name; a longer one is not known again. */
const KEPT_LENGTH = 200;

/** Also a temporary: hidden, and swept. */
export function asideNameOf(name: string): string {
  return `${temporaryNameOf(name)}-replaced`;
}

/** The name an object had before it was moved aside; undefined for any other temporary. */
export function nameBeforeAside(temporary: string): string | undefined {
  const name = ASIDE.exec(temporary)?.[1];
  return name === undefined || name.length >= KEPT_LENGTH ? undefined : name;
}
