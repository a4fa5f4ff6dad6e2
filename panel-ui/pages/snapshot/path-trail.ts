/** References of paths (text or `base64:…`), taken apart for breadcrumbs and said to people. */
import {
  displayPath,
  nameOf,
  parentOf,
  parsePathReference,
  pathReference,
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

/** The whole path as text for people. */
export function displayReference(reference: string): string {
  return displayPath(parsePathReference(reference));
}
