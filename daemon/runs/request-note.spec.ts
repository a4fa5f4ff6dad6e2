import { expect, it } from 'vitest';
import { requestNote } from './request-note.js';

const counts = { puts: 3, gets: 1, lists: 2, deletes: 0, bytesSent: 1_234_567, bytesReceived: 2e9 };

it.each([
  [undefined, /received\.$/],
  [0, /free of charge by list prices\.$/],
  [0.0123, /about 0\.00012 US\$ by list prices\.$/],
  [1234, /about 12\.34 US\$ by list prices\.$/],
])('tells what was asked, and what %s cents come to', (cents, end) => {
  const note = requestNote(cents === undefined ? counts : { ...counts, usCents: cents });
  expect(note).toMatch(/^Requests: 3 PUT, 1 GET, 2 LIST, 0 DELETE; 1\.2 MB sent, 2000 MB received/);
  expect(note).toMatch(end);
});
