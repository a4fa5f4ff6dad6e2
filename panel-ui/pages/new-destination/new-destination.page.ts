import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { DestinationInput } from '../../../daemon/jobs/destination-input.js';
import { DestinationKeys } from '../../../daemon/jobs/destination-keys.js';
import { DestinationSetup } from '../../../daemon/jobs/destination-setup.service.js';
import { type Problem } from '../../../daemon/platform/errors.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { MADE_KEY, offeredForms, type KindForm } from '../../destination-fields.js';
import { plainProblems } from '../../destination-forms.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { fieldsOf, toDestinationInput, toNewDestinationView } from './new-destination.view.js';

type Typed = Record<string, unknown>;

interface Step {
  actor: Actor;
  form: KindForm;
  typed?: Typed;
}

interface Shown {
  problems?: Problem[];
  key?: { line: string; sealed: string } | undefined;
}

@Controller()
export class NewDestinationPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly setup: DestinationSetup,
    private readonly keys: DestinationKeys,
  ) {}

  @Get(paths.newDestination)
  show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): void {
    const form = this.formOf(actor, textOf(request.query['kind']));
    this.answer({ request, response }, { actor, form }, {});
  }

  /** With a key to be made, the first time makes it and asks again; nothing is added before. */
  @Post(paths.newDestination)
  async add(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const step = { actor, form: this.formOf(actor, textOf(typed['kind'])), typed };
    if (textOf(typed['login']) !== MADE_KEY) {
      await this.tryAdding(exchange, step, undefined);
      return;
    }
    if (textOf(typed['sealedKey']) !== '') {
      await this.tryAdding(exchange, step, textOf(typed['sealedKey']));
      return;
    }
    const key = await this.keys.make(actor, this.setup.kinds(actor).get(step.form.kind));
    this.answer(exchange, step, { key });
  }

  private async tryAdding(
    exchange: Exchange,
    step: Step & { typed: Typed },
    sealed: string | undefined,
  ): Promise<void> {
    const { actor, form, typed } = step;
    let key: Shown['key'];
    try {
      const made = sealed === undefined ? undefined : this.keys.open(actor, sealed);
      if (made !== undefined && sealed !== undefined) key = { line: made.line, sealed };
      // Checked by the service, which knows the schema of every kind.
      const input = toDestinationInput(form, typed, made?.privateKey) as DestinationInput;
      const { name } = await this.setup.add(actor, input);
      this.pages.redirect(exchange, urls.destination(name), 'destination-added');
    } catch (error) {
      const problems = mendableProblems(error, ['input', 'conflict', 'destination']);
      const plain = plainProblems(problems, fieldsOf(form), typed);
      this.answer(exchange, step, { problems: plain, key });
    }
  }

  private answer(exchange: Exchange, { actor, form, typed }: Step, shown: Shown): void {
    const kinds = this.setup.kinds(actor);
    const model = toNewDestinationView({
      forms: offeredForms(kinds),
      form,
      canMakeKey: kinds.get(form.kind)?.makeKey !== undefined,
      typed,
      problems: shown.problems ?? [],
      key: shown.key,
    });
    this.pages.page(exchange, 'new-destination', model, {
      title: t('Add a destination'),
      section: 'destinations',
      status: shown.problems === undefined ? 200 : 422,
    });
  }

  private formOf(actor: Actor, kind: string): KindForm {
    const forms = offeredForms(this.setup.kinds(actor));
    const form = kind === '' ? forms[0] : forms.find((one) => one.kind === kind);
    if (form === undefined) throw notFound('kind of destination', kind);
    return form;
  }
}
