/** References of paths (text or `base64:…`), taken apart for breadcrumbs and said to people. */
import {
  displayPath,
  nameOf,
  parentOf,
  parsePathReference,
  pathReference,
  toBytes,
} from '../../../daemon/engine/manifest/byte-path.js';

export interface TrailStep {
  name: string;
  path: string;
}

/** Every folder above the path and the path itself, from the top; none for the top. */
export function parentReferences(reference: string): TrailStep[] {
  const steps: TrailStep[] = [];
  for (let path = parsePathReference(reference); path !== ''; path = parentOf(path)) {
    steps.unshift({ name: displayPath(nameOf(path)), path: pathReference(path) });
  }
  return steps;
}

/** The same path as a form may carry it: browsers make CR LF of every line break in a form. */
export function formReference(reference: string): string {
  if (!/[\r\n]/.test(reference)) return reference;
  return `base64:${toBytes(parsePathReference(reference)).toString('base64')}`;
}

/** The whole path as text for people. */
export function displayReference(reference: string): string {
  return displayPath(parsePathReference(reference));
}
