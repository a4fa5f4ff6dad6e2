import { describe, expect, it } from 'vitest';
import { canRunSshd } from '../../daemon/testing/servers/sshd-server.js';
import { SshStage } from '../../daemon/testing/servers/ssh-stage.js';
import { patternBytes } from '../conformance/check-tools.js';

describe.skipIf(!canRunSshd())('reading over SSH', () => {
  const stage = new SshStage();
  stage.serve('shell');

  it('reads a large object into the same memory again and again', async () => {
    const destination = stage.open();
    const bytes = patternBytes(16 * 1024 * 1024, 1);
    await destination.put('a/object', bytes);
    const memory = new Set<ArrayBufferLike>();
    let received = 0;
    for await (const chunk of destination.get('a/object')) {
      const expected = bytes.subarray(received, received + chunk.length);
      expect(Buffer.compare(chunk, expected)).toBe(0);
      received += chunk.length;
      memory.add(chunk.buffer);
    }
    expect(received).toBe(bytes.length);
    expect(memory.size).toBeLessThanOrEqual(10);
  });
});
