/**
 * Hooks: programs of the admin's that run before and after runs, tasks and restores. Kept and tried
 * here; when they run is the business of ../runs/hooked-tasks.ts. Only admins see hooks.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import { inputError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK } from '../platform/platform.module.js';
import { programProblem } from '../platform/trusted-program.js';
import { hookInput, type HookInput } from './hook-input.js';
import { runHook, type HookDocument, type HookEnd } from './hook-program.js';
import { Hook } from './hook.entity.js';
import { HooksStore } from './hooks.store.js';

/** Whoever tries a hook waits for it. */
const LONGEST_TEST_SECONDS = 60;

@Injectable()
export class HooksService {
  constructor(
    private readonly store: HooksStore,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async add(actor: Actor, input: HookInput): Promise<Hook> {
    requireAdmin(actor);
    const given = parseInput(hookInput, input, 'hook');
    const problem = await programProblem(given.program);
    if (problem !== undefined) {
      throw inputError('hook.untrusted', problem, [{ field: 'program', message: problem }]);
    }
    const createdAt = this.clock.now().toISOString();
    const hook = Object.assign(new Hook(), { ...given, id: newId(), isEnabled: true, createdAt });
    await this.store.insert(hook);
    await this.record(actor, 'hook.added', hook, { ...given });
    return hook;
  }

  async list(actor: Actor): Promise<Hook[]> {
    requireAdmin(actor);
    return this.store.list();
  }

  async get(actor: Actor, name: string): Promise<Hook> {
    requireAdmin(actor);
    const hook = await this.store.findByName(name);
    if (hook === undefined) throw notFound('hook', name);
    return hook;
  }

  async setEnabled(actor: Actor, name: string, isEnabled: boolean): Promise<Hook> {
    const hook = await this.get(actor, name);
    await this.store.setEnabled(hook.id, isEnabled);
    await this.record(actor, isEnabled ? 'hook.enabled' : 'hook.disabled', hook, {});
    return this.get(actor, name);
  }

  async remove(actor: Actor, name: string): Promise<void> {
    const hook = await this.get(actor, name);
    await this.store.remove(hook.id);
    await this.record(actor, 'hook.removed', hook, {});
  }

  /** Runs it now, with a document that says so; also when it is switched off. */
  async test(actor: Actor, name: string): Promise<HookEnd> {
    const hook = await this.get(actor, name);
    await this.record(actor, 'hook.tested', hook, {});
    const timeoutSeconds = Math.min(hook.timeoutSeconds, LONGEST_TEST_SECONDS);
    const { program, args } = hook;
    return runHook({ name: hook.name, program, args, timeoutSeconds }, testDocument(hook));
  }

  private async record(actor: Actor, action: string, hook: Hook, details: object): Promise<void> {
    const subject = { kind: 'hook', id: hook.id };
    await this.events.record(actor, action, subject, { name: hook.name, ...details });
  }
}

function testDocument({ moment, subject }: Hook): HookDocument {
  const nothing = { run: null, job: null, account: null, destinations: [], restore: null };
  return { moment, subject, isTest: true, ...nothing, outcome: null };
}
