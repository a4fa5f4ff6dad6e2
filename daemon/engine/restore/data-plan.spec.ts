import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEntry } from '../../testing/entry-arbitrary.js';
import { LARGE_FILE_BYTES, planRuns, type Run } from './data-plan.js';
import type { Placed } from './restore-messages.js';

const MAX_GAP = 256 * 1024;
const MAX_RUN = 16 * 1024 * 1024;
const MEMBER_CONTENT = 1024 * 1024;

async function plan(files: Placed[]): Promise<Run[]> {
  const stream = (async function* () {
    await Promise.resolve();
    yield* files;
  })();
  const runs: Run[] = [];
  for await (const run of planRuns(stream, false)) runs.push(run);
  return runs;
}

function placed(index: number, sizeBytes: number, data: Placed['entry']['data']): Placed {
  const path = `homedir/${index}`;
  return { path, entry: anEntry({ path, sizeBytes, ...(data === undefined ? {} : { data }) }) };
}

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 3000 }),
  fc.integer({ min: 1, max: 400_000 }),
  fc.integer({ min: LARGE_FILE_BYTES - 2, max: 3 * LARGE_FILE_BYTES }),
);
const layout = fc.array(fc.record({ size: sizes, gap: fc.nat({ max: 400_000 }), isChosen: fc.boolean() }), {
  maxLength: 60,
}); // prettier-ignore

/** Files of a .tar one after the other, some of them chosen. */
const tarFiles = layout.map((files) => {
  let offset = 0;
  const chosen: Placed[] = [];
  for (const [index, { size, gap, isChosen }] of files.entries()) {
    offset += 512 + gap;
    const data = { archive: 'x-1.tar', offset, length: size, skip: 0 };
    if (isChosen) chosen.push(placed(index, size, data));
    offset += size;
  }
  return chosen;
});

/** The same in members of about a MiB; a large file has members of its own. */
const gzipFiles = layout.map((files) => {
  let [member, skip] = [0, 0];
  const chosen: Placed[] = [];
  const length = 300_000;
  for (const [index, { size, isChosen }] of files.entries()) {
    const isLarge = size > LARGE_FILE_BYTES;
    if (isLarge || skip + size > MEMBER_CONTENT) [member, skip] = [member + 1, 0];
    const stored = isLarge ? length * Math.ceil(size / MEMBER_CONTENT) : length;
    const data = { archive: 'x-1.tar.gz', offset: member * length, length: stored, skip };
    if (isChosen) chosen.push(placed(index, size, data));
    if (isLarge) [member, skip] = [member + Math.ceil(size / MEMBER_CONTENT), 0];
    else skip += size + 512;
  }
  return chosen;
});

describe.each([
  ['.tar', tarFiles],
  ['.tar.gz', gzipFiles],
])('a plan over a %s', (_name, arbitrary) => {
  it('covers every file once, in order, where its bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (files) => {
        const runs = await plan(files);
        const planned = runs.flatMap((run) => run.parts.flatMap((part) => part.files.map((file) => ({ run, part, file })))); // prettier-ignore
        expect(planned.map(({ file }) => file.path)).toEqual(files.map(({ path }) => path));
        for (const { run, part, file } of planned) {
          const { data, sizeBytes } = file.entry;
          if (data === undefined) throw new Error('no data');
          expect(part.offset).toBeGreaterThanOrEqual(run.offset);
          expect(part.offset + part.length).toBeLessThanOrEqual(run.offset + run.length);
          if (run.isCompressed)
            {expect([part.offset, part.length, file.at]).toEqual([data.offset, data.length, data.skip]);} // prettier-ignore
          else expect(part.offset + file.at).toBe(data.offset);
          if (!run.isCompressed) expect(file.at + sizeBytes).toBeLessThanOrEqual(part.length);
        }
      }),
    );
  });

  it('reads no gap that is not worth it, and holds no more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (files) => {
        for (const run of await plan(files)) {
          let end = run.offset;
          for (const part of run.parts) {
            expect(part.offset).toBeGreaterThanOrEqual(end);
            expect(part.offset - end).toBeLessThanOrEqual(MAX_GAP);
            end = part.offset + part.length;
          }
          expect(end).toBe(run.offset + run.length);
          const isLarge = run.parts.some((part) => part.isLarge);
          if (isLarge) expect(run.parts).toHaveLength(1);
          else expect(run.length).toBeLessThanOrEqual(MAX_RUN);
        }
      }),
    );
  });
});

describe('a plan', () => {
  const at = (index: number, offset: number, archive = 'x-1.tar'): Placed =>
    placed(index, 1000, { archive, offset, length: 1000, skip: 0 });

  it('skips files without content', async () => {
    expect(await plan([placed(1, 0, undefined)])).toEqual([]);
  });

  it('never joins archives, and never reads backwards', async () => {
    expect(await plan([at(1, 0), at(2, 2000, 'y-1.tar')])).toHaveLength(2);
    expect(await plan([at(1, 9000), at(2, 0)])).toHaveLength(2);
    expect(await plan([at(1, 0), at(2, 2000)])).toHaveLength(1);
  });

  it('reads a large file in one run of its own', async () => {
    const large = placed(2, 5_000_000, { archive: 'x-1.tar', offset: 2000, length: 5_000_000, skip: 0 }); // prettier-ignore
    const runs = await plan([at(1, 0), large, at(3, 5_003_000)]);
    expect(runs.map((run) => run.parts.map((part) => part.isLarge))).toEqual([[false], [true], [false]]); // prettier-ignore
  });

  it('goes back for a file of the same archive after it', async () => {
    const runs = await plan([at(1, 0), at(2, 0)]);
    expect(runs.flatMap((run) => run.parts.flatMap((part) => part.files))).toHaveLength(2);
  });
});
