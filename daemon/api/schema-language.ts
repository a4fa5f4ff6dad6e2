/** What schemas say by themselves, in the language of whoever asked. */
import { z } from 'zod';
import { currentLanguage, type Language } from '../platform/messages.js';

const SPOKEN: Record<Language, z.core.$ZodErrorMap> = {
  en: z.locales.en().localeError,
  de: z.locales.de().localeError,
};

/** From now on, for all of this process; what a schema words itself goes through `t` there. */
export function teachSchemas(): void {
  z.config({ localeError: (issue) => SPOKEN[currentLanguage()](issue) });
}
