import { describe, expect, it } from 'vitest';
import { expectedBytes } from './expected-bytes.js';

const archived = { structure: 'archived', contentBytes: 900, storedBytes: 1000 } as const;
const compressed = { structure: 'compressed', contentBytes: 800, storedBytes: 300 } as const;
const older = { structure: 'compressed', contentBytes: 70, storedBytes: 30 } as const;

describe('the expected size of an archive', () => {
  it('is unknown for an account that was never backed up', () => {
    expect(expectedBytes([], 'compressed')).toBeUndefined();
  });

  it('is what the newest snapshot of the same structure took', () => {
    expect(expectedBytes([archived, compressed, older], 'compressed')).toBe(300);
    expect(expectedBytes([compressed, older, archived], 'archived')).toBe(1000);
  });

  it('is the content of the newest one when all have another structure', () => {
    expect(expectedBytes([compressed, older], 'archived')).toBe(800);
    expect(expectedBytes([archived], 'compressed')).toBe(900);
  });
});
