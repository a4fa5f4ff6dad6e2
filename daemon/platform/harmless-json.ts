/**
 * JSON for terminals and editors: JSON itself escapes the control characters below U+0020, this the
 * others and the marks of direction. Whoever parses it gets the same.
 */
export function harmlessJson(value: unknown, indent?: number): string {
  return escapeMarks(JSON.stringify(value, null, indent));
}

/** Of JSON that is made already: such characters stand in its strings alone. */
export function escapeMarks(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
