import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { tempDir } from '../testing/temp-dir.js';
import type { Clock } from './clock.js';
import type { Config } from './config-schema.js';
import { instancePaths } from './instance.js';
import {
  CLOCK,
  CONFIG,
  LOGGER,
  openPlatform,
  PlatformModule,
  SERVER_KEYS,
} from './platform.module.js';
import { SecretBox } from './secret.js';

@Injectable()
class Consumer {
  constructor(
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(CONFIG) readonly config: Config,
    readonly secretBox: SecretBox,
  ) {}
}

describe('PlatformModule', () => {
  it('opens a fresh instance and hands its parts to whoever asks', async () => {
    const paths = instancePaths(join(await tempDir(), 'home'));
    const platform = await openPlatform(paths, { HOLDFAST_LOG_LEVEL: 'silent' });
    const clock = new FakeClock('2026-01-02T03:04:05.000Z');
    const testing = Test.createTestingModule({
      imports: [PlatformModule.of({ ...platform, clock })],
      providers: [Consumer],
    });
    const module = await testing.compile();
    const consumer = module.get(Consumer);
    clock.advanceMs(1000);
    expect(consumer.clock.now().toISOString()).toBe('2026-01-02T03:04:06.000Z');
    expect(consumer.config.log.level).toBe('silent');
    expect(consumer.secretBox.open(consumer.secretBox.seal('a', 'b'), 'b').reveal()).toBe('a');
    expect(module.get(SERVER_KEYS)).toBe(platform.serverKeys);
    expect(module.get(LOGGER)).toBe(platform.logger);
    await module.close();
  });

  it('touches nothing when the configuration is wrong', async () => {
    const home = await tempDir();
    await writeFile(join(home, 'config.yaml'), 'panel: {port: nine}\n');
    await expect(openPlatform(instancePaths(home), {})).rejects.toMatchObject({
      code: 'config.invalid',
    });
    const again = await openPlatform(instancePaths(home), { HOLDFAST_PANEL_PORT: '9' });
    expect(again.config.panel.port).toBe(9);
  });
});
