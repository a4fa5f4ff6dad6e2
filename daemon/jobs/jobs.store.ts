import { Injectable } from '@nestjs/common';
import { DataSource, In, type Repository } from 'typeorm';
import { atomically, type Execute } from '../catalogue/atomically.js';
import { columns, type Row } from '../catalogue/columns.js';
import { refusingTakenNameSync } from '../catalogue/unique-violation.js';
import { inputError, type AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { StoredDestination } from './destination.entity.js';
import { JobDestination } from './job-destination.entity.js';
import { Job } from './job.entity.js';
import { Schedule, timingOf } from './schedule.entity.js';

/** A job and the ids of where it stores to. */
export interface JobWithDestinations {
  job: Job;
  destinationIds: string[];
}

/** The rows of jobs and their destinations. */
@Injectable()
export class JobsStore {
  private readonly jobs: Repository<Job>;
  private readonly links: Repository<JobDestination>;

  constructor(private readonly dataSource: DataSource) {
    this.jobs = dataSource.getRepository(Job);
    this.links = dataSource.getRepository(JobDestination);
  }

  /** With its first schedule, if it has one. A name that is taken is a `conflict`. */
  insert(job: Row<Job>, destinationIds: string[], schedule?: Row<Schedule>): void {
    refusingTakenNameSync('job', job.name, () => {
      atomically(this.dataSource, (execute) => {
        execute(this.jobs.createQueryBuilder().insert().values(job));
        for (const destinationId of new Set(destinationIds)) {
          this.link(execute, job.id, destinationId);
        }
        if (schedule === undefined) return;
        const rows = this.dataSource.getRepository(Schedule).createQueryBuilder();
        execute(rows.insert().values(columns<Schedule>(schedule)));
      });
    });
  }

  /**
   * Changes the row in place, so that its schedules stay; `destinationIds`: undefined when they
   * stay, too. A name that is taken is a `conflict`. False: there is no such job any more.
   */
  update(
    { id, name }: Pick<Job, 'id' | 'name'>,
    change: Partial<Row<Job>>,
    destinationIds: readonly string[] | undefined,
  ): boolean {
    return refusingTakenNameSync('job', change.name ?? name, () =>
      atomically(this.dataSource, (execute) => {
        // Without a column to change, this still tells whether the job is there.
        const columnsToSet = columns<Job>({ id, ...change });
        const query = this.jobs.createQueryBuilder().update().set(columnsToSet);
        if (execute(query.where('id = :id', { id })).changes === 0) return false;
        if (destinationIds !== undefined) this.relink(execute, id, destinationIds);
        return true;
      }),
    );
  }

  /** By name. */
  async list(): Promise<JobWithDestinations[]> {
    const [jobs, links] = await Promise.all([
      this.jobs.find({ order: { name: 'ASC' } }),
      this.links.find(),
    ]);
    const idsByJob = new Map<string, string[]>(jobs.map((job) => [job.id, []]));
    for (const { jobId, destinationId } of links) idsByJob.get(jobId)?.push(destinationId);
    return jobs.map((job) => ({ job, destinationIds: idsByJob.get(job.id) ?? [] }));
  }

  async findById(id: string): Promise<JobWithDestinations | undefined> {
    return this.withDestinations(await this.jobs.findOneBy({ id }));
  }

  async findByName(name: string): Promise<JobWithDestinations | undefined> {
    return this.withDestinations(await this.jobs.findOneBy({ name }));
  }

  /** Names of the jobs that store to this destination. */
  async namesUsing(destinationId: string): Promise<string[]> {
    const jobs = await this.jobs
      .createQueryBuilder('job')
      .innerJoin(JobDestination, 'link', 'link.jobId = job.id')
      .where('link.destinationId = :destinationId', { destinationId })
      .orderBy('job.name')
      .getMany();
    return jobs.map((job) => job.name);
  }

  /** Names of the jobs that run after this one. */
  async namesFollowing(jobId: string): Promise<string[]> {
    const schedules = await this.dataSource.getRepository(Schedule).findBy({ kind: 'after' });
    const followers = schedules.filter((schedule) => {
      const timing = timingOf(schedule);
      return timing.kind === 'after' && timing.jobId === jobId;
    });
    const ids = followers.map((schedule) => schedule.jobId);
    const jobs = await this.jobs.find({ where: { id: In(ids) }, order: { name: 'ASC' } });
    return jobs.map((job) => job.name);
  }

  /** Its runs and snapshots stay. False: there was none. */
  async remove(id: string): Promise<boolean> {
    const { affected } = await this.jobs.delete({ id });
    return affected === 1;
  }

  private relink(execute: Execute, jobId: string, destinationIds: readonly string[]): void {
    execute(this.links.createQueryBuilder().delete().where('job_id = :jobId', { jobId }));
    for (const destinationId of new Set(destinationIds)) this.link(execute, jobId, destinationId);
  }

  /** Refused when the destination was removed since it was looked up: its row stays for what is past. */
  private link(execute: Execute, jobId: string, destinationId: string): void {
    const isThere = this.dataSource
      .createQueryBuilder()
      .update(StoredDestination)
      .set({ id: destinationId })
      .where('id = :destinationId AND removed_at IS NULL', { destinationId });
    if (execute(isThere).changes === 0) throw removedMeanwhile();
    execute(this.links.createQueryBuilder().insert().values({ jobId, destinationId }));
  }

  private async withDestinations(job: Job | null): Promise<JobWithDestinations | undefined> {
    if (!job) return undefined;
    const links = await this.links.findBy({ jobId: job.id });
    return { job, destinationIds: links.map((link) => link.destinationId) };
  }
}

function removedMeanwhile(): AppError {
  const message = t(
    'A destination of this job was removed meanwhile; choose among those there are.',
  );
  return inputError('destination.unknown', message, [{ field: 'destinations', message }]);
}
