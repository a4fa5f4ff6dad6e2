import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { EventsService } from '../../../daemon/auth/events.service.js';
import { DestinationSetup } from '../../../daemon/jobs/destination-setup.service.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { textOf, typedFields } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toDestinationView } from './destination.view.js';

const RECENT_EVENTS = 8;

@Controller()
export class DestinationPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
    private readonly setup: DestinationSetup,
    private readonly jobs: JobsService,
    private readonly events: EventsService,
  ) {}

  @Get(paths.destination)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.destinations.get(actor, name);
    const jobs = await this.jobs.list(actor);
    const subject = { kind: 'destination', id: row.id };
    const model = toDestinationView({
      row,
      holdings: (await this.destinations.holdings(actor)).get(row.id),
      jobs: jobs
        .filter(({ destinationIds }) => destinationIds.includes(row.id))
        .map(({ job }) => job),
      events: await this.events.list(actor, { limit: RECENT_EVENTS, subject }),
      now: this.pages.now(),
    });
    const options = {
      title: t('Destination {name}', { name: model.name }),
      section: 'destinations',
    } as const;
    this.pages.page({ request, response }, 'destination', model, options);
  }

  /** On or off, shown or hidden: one of the two at a time. */
  @Post(paths.destinationSwitch)
  async turn(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const typed = typedFields(request.body);
    const changes = {
      ...switched('isEnabled', typed['isEnabled']),
      ...switched('isVisible', typed['isVisible']),
    };
    const changed = await this.setup.change(actor, name, changes);
    const exchange = { request, response };
    this.pages.redirect(exchange, urls.destination(changed.name), 'destination-changed');
  }
}

function switched(name: string, typed: unknown): Record<string, boolean> {
  const value = textOf(typed);
  return value === 'yes' || value === 'no' ? { [name]: value === 'yes' } : {};
}
