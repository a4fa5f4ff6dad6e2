import { expect, it } from 'vitest';
import { statementsOf } from './postgresql-statements.js';

const END = '\n--\n-- PostgreSQL database dump complete\n--\n\n';

async function split(script: string, size = script.length): Promise<string[]> {
  const bytes = Buffer.from(script);
  const chunks = (async function* () {
    await Promise.resolve();
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const statements: string[] = [];
  for await (const statement of statementsOf(chunks)) statements.push(statement);
  return statements;
}

const STATEMENTS = [
  'SET a = 1;',
  `CREATE TABLE "a;""b" ("c'" text DEFAULT 'it''s;' -- ;\n);`,
  `COMMENT ON TABLE x IS E'a\\\\\\';b';`,
  `COMMENT ON TABLE x IS 'a\\';`,
  'CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;',
  'CREATE FUNCTION g() RETURNS int AS $_1$ SELECT $1; $$ ; $_1$ LANGUAGE sql;',
  'CREATE FUNCTION h() RETURNS int\n LANGUAGE sql\n BEGIN ATOMIC\n SELECT 1;\n SELECT CASE WHEN true THEN 2 END;\nEND;',
  'CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); INSERT INTO v VALUES (2));',
  'SELECT 1 /* ; /* ; */ ; */ AS "ü😀";',
  'CREATE TABLE "begin" (x int);',
];

it.each([1, 7, 100_000])('are the same in pieces of %i bytes', async (size) => {
  const script = `--\n-- Name: x; Type: y\n--\n\n${STATEMENTS.join('\n\n-- c\n')}${END}`;
  expect(await split(script, size)).toEqual(STATEMENTS);
});

it.each([
  ['SELECT 1;\n', /ends early/],
  [`SELECT 1${END}`, /within a statement/],
  [`SELECT 'x;${END}`, /within a statement/],
])('are refused when the script is not whole: %j', async (script, message) => {
  await expect(split(script)).rejects.toThrow(message);
});
