import { Injectable } from '@nestjs/common';
import { DataSource, In, type Repository } from 'typeorm';
import { atomically } from '../catalogue/atomically.js';
import type { Row } from '../catalogue/columns.js';
import { refusingTakenNameSync } from '../catalogue/unique-violation.js';
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

  /** A name that is taken is a `conflict`. */
  insert(job: Row<Job>, destinationIds: string[]): void {
    refusingTakenNameSync('job', job.name, () => {
      atomically(this.dataSource, (execute) => {
        execute(this.jobs.createQueryBuilder().insert().values(job));
        for (const destinationId of new Set(destinationIds)) {
          const link = { jobId: job.id, destinationId };
          execute(this.links.createQueryBuilder().insert().values(link));
        }
      });
    });
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

  private async withDestinations(job: Job | null): Promise<JobWithDestinations | undefined> {
    if (!job) return undefined;
    const links = await this.links.findBy({ jobId: job.id });
    return { job, destinationIds: links.map((link) => link.destinationId) };
  }
}
