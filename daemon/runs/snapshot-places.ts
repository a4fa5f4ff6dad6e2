/** At which destinations snapshots lie that somebody may see, as conditions. */
/** A destination that was removed takes its snapshots with it until it is added again. */
export const KEPT = `"d"."removed_at" IS NULL`;
export const SHOWN = `"d"."removed_at" IS NULL AND "d"."is_visible" = 1`;

/** Not `IN`: of a list of destinations a planner would take all snapshots first, and sort them then. */
export function liesAt(places: string, alias: string): string {
  return `EXISTS (SELECT 1 FROM "destination" "d" WHERE "d"."id" = ${alias}.destination_id AND ${places})`;
}

export function at(isForTenant: boolean): string {
  return liesAt(isForTenant ? SHOWN : KEPT, 'snapshot');
}

/** Whole, as far as is known, and not about to go: what may be the last good one of an account. */
export function isGood(alias: string): string {
  return `${alias}."is_damaged" = 0 AND ${alias}."id" NOT IN (
    SELECT "t"."snapshot_id" FROM "task" "t" JOIN "run" "r" ON "r"."id" = "t"."run_id"
    WHERE "t"."state" IN ('queued', 'running') AND "r"."kind" = 'remove' AND "t"."snapshot_id" IS NOT NULL)`;
}
