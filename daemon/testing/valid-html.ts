/** What is wrong with a page as HTML, and for who does not see it. */
import { HtmlValidate } from 'html-validate';
import type { Response } from 'supertest';

const html = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
  // About the look of the source, which no reader sees; and a script with `defer` needs no hash
  // when it comes from this very server.
  rules: {
    'no-trailing-whitespace': 'off',
    'require-sri': 'off',
    'long-title': 'off',
    // Several of a few are checkboxes of one name.
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'submit', 'button', 'reset'] }],
    'input-missing-label': 'error',
    'no-missing-references': 'error',
  },
});

export async function problemsIn(response: Response): Promise<string[]> {
  const report = await html.validateString(response.text);
  return report.results.flatMap((result) =>
    result.messages.map(({ ruleId, message, line }) => `${ruleId} at ${line}: ${message}`),
  );
}
