/**
 * The views, routines, triggers and events of a database, made once in the scratch database: what cannot
 * be made there is told before anything is exchanged. Who they run as decides what they may do, so a
 * tenant gets back only what runs as a user of its own.
 */
import type { Connection } from 'mariadb';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import type { DatabaseObject } from './mariadb-objects.js';
import { ask } from './mariadb-server.js';
import { quoteName } from './sql-names.js';
import { viewsInOrder, type DatabaseDescription, type StoredDatabase } from './stored-database.js';
import { definerOf, dropOf, nameOfObject, statementOf, withDefiner, type Definer, type ObjectStatement } from './stored-objects.js'; // prettier-ignore

export interface DefinerRule {
  /** Whether it is a database user of the account. */
  isOwn: (user: string) => boolean;
  /** An admin asks, for what was this account's own. */
  allowsOthers: boolean;
}

/** In this order each finds what it needs. Events would begin to run, so they are not tried. */
const ORDER = ['functions', 'procedures', 'packages', 'views', 'triggers', 'events'] as const;

export class PreparedObjects {
  private readonly problems: string[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly scratch: string,
    private readonly rule: DefinerRule,
  ) {}

  /** What can be made, in this order, and what cannot. */
  async prepare(
    stored: StoredDatabase,
    description: DatabaseDescription,
    context: EngineContext,
  ): Promise<{ objects: ObjectStatement[]; problems: string[] }> {
    const users = await this.usersOfServer();
    await this.connection.query(`USE ${quoteName(this.scratch)}`);
    const made: ObjectStatement[] = [];
    for (const object of await this.inOrder(stored, description, context)) {
      const ready = this.withSafeDefiner(object, users);
      if (ready !== undefined && (await this.canBeMade(ready))) made.push(ready);
    }
    // A table that has triggers stays where it is.
    const triggers = made.filter(({ kind }) => kind === 'triggers');
    for (const trigger of triggers) await this.connection.query(dropOf(trigger));
    return { objects: made, problems: this.problems };
  }

  private async inOrder(
    stored: StoredDatabase,
    { objects }: DatabaseDescription,
    context: EngineContext,
  ): Promise<ObjectStatement[]> {
    const ordered: ObjectStatement[] = [];
    for (const wanted of ORDER) {
      const scripts = new Map<string, DatabaseObject>();
      for (const object of objects.filter(({ kind }) => kind === wanted)) {
        const script = await stored.object(object, context);
        if (script === undefined) this.tell(object, 'is not in the snapshot');
        else scripts.set(script, object);
      }
      const texts = wanted === 'views' ? viewsInOrder([...scripts.keys()]) : [...scripts.keys()];
      for (const text of texts) {
        const object = scripts.get(text);
        if (object !== undefined) ordered.push(statementOf(object, text));
      }
    }
    return ordered;
  }

  private withSafeDefiner(
    object: ObjectStatement,
    users: readonly Definer[],
  ): ObjectStatement | undefined {
    const definer = definerOf(object);
    if (definer !== undefined && this.rule.isOwn(definer.user)) return object;
    if (this.rule.allowsOthers) return object;
    const own = users.find(({ user }) => this.rule.isOwn(user));
    const who = definer === undefined ? 'another user' : `${definer.user}@${definer.host}`;
    const ready = own && withDefiner(object, own);
    if (ready === undefined) {
      this.tell(object, `runs as ${who}, and the account has no database user to run it as`);
      return undefined;
    }
    this.tell(object, `ran as ${who} and now runs as ${own?.user ?? ''}@${own?.host ?? ''}`);
    return ready;
  }

  private async usersOfServer(): Promise<Definer[]> {
    if (this.rule.allowsOthers) return [];
    return ask<Definer>(this.connection, `SELECT user, host FROM mysql.user WHERE host <> '' AND super_priv = 'N' ORDER BY user, host`); // prettier-ignore
  }

  private async canBeMade(object: ObjectStatement): Promise<boolean> {
    if (object.kind === 'events') return true;
    try {
      for (const [name, value] of Object.entries(object.settings)) {
        await this.connection.query(`SET SESSION ${name} = ?`, [value]);
      }
      await this.connection.query(object.sql);
      return true;
    } catch (error) {
      this.tell(object, `cannot be made here: ${databaseProblem(error)}`);
      return false;
    } finally {
      await this.connection.query(`SET SESSION sql_mode = '', time_zone = '+00:00'`);
      await this.connection.query('SET NAMES utf8mb4');
    }
  }

  private tell(object: DatabaseObject, what: string): void {
    const text = nameOfObject(object);
    this.problems.push(`${text.charAt(0).toUpperCase()}${text.slice(1)} ${what}.`);
  }
}
