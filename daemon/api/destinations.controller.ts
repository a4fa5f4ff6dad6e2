import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  destinationChanges,
  destinationInput,
  type DestinationChanges,
  type DestinationInput,
} from '../jobs/destination-input.js';
import { DestinationSetup } from '../jobs/destination-setup.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { ServerTrust, trustInput, type TrustInput } from '../jobs/server-trust.service.js';
import { removalInput } from '../runs/destination-runs.js';
import { RunsService } from '../runs/runs.service.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toDestinationView, toRunView } from './shapes.js';
import { destinationView, type DestinationView } from './destination-views.js';
import { removalView, runView, type RemovalView, type RunView } from './views.js';

type Named = z.output<typeof nameParam>;

@Controller('api/v1/destinations')
export class DestinationsController {
  constructor(
    private readonly destinations: DestinationsService,
    private readonly setup: DestinationSetup,
    private readonly trust: ServerTrust,
    private readonly runs: RunsService,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Every destination', answers: z.array(destinationView) })
  async list(@CurrentActor() actor: Actor): Promise<DestinationView[]> {
    return (await this.destinations.list(actor)).map(toDestinationView);
  }

  @Post()
  @ApiRoute({ summary: 'Add a destination', answers: destinationView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: destinationInput }) input: DestinationInput,
  ): Promise<DestinationView> {
    return toDestinationView(await this.setup.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One destination, by name or id', answers: destinationView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<DestinationView> {
    return toDestinationView(await this.destinations.get(actor, name));
  }

  @Patch(':name')
  @ApiRoute({ summary: 'Change settings; what is not given stays', answers: destinationView })
  async change(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: destinationChanges }) changes: DestinationChanges,
  ): Promise<DestinationView> {
    return toDestinationView(await this.setup.change(actor, name, changes));
  }

  @Post(':name/reindex')
  @ApiRoute({
    summary: 'Read its snapshot files and bring the catalogue up to date; answers the run',
    answers: runView,
    status: 202,
  })
  async reindex(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<RunView> {
    return toRunView(await this.runs.startReindex(actor, name));
  }

  @Post(':name/trust')
  @ApiRoute({
    summary: 'Believe the snapshots of another server there; reindex it afterwards',
    answers: destinationView,
  })
  async trustServer(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: trustInput }) input: TrustInput,
  ): Promise<DestinationView> {
    return toDestinationView(await this.trust.trust(actor, name, input));
  }

  @Delete(':name')
  @ApiRoute({
    summary: 'Forget a destination; its content stays, unless erasing is asked for',
    answers: removalView,
  })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Query({ schema: removalInput }) { erase, confirm }: z.output<typeof removalInput>,
  ): Promise<RemovalView> {
    if (erase) return { run: toRunView(await this.runs.startErase(actor, name, { confirm })) };
    await this.destinations.remove(actor, name);
    return { run: null };
  }
}
