/** A page of a real browser that notes everything that went wrong on it. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export class WatchedPage {
  /** Errors in the console, what the content security policy refused, scripts that threw, dialogs. */
  readonly troubles: string[] = [];
  /** Answers of 400 and more: `404 GET /snapshots/x`. */
  readonly refusals: string[] = [];
  /** How many documents were loaded into it. */
  documents = 0;

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(browser: Browser, options: { javaScript?: boolean } = {}) {
    const context = await browser.newContext({ javaScriptEnabled: options.javaScript ?? true });
    context.setDefaultTimeout(20_000);
    const watched = new WatchedPage(context, await context.newPage());
    watched.listen();
    return watched;
  }

  close(): Promise<void> {
    return this.context.close();
  }

  private listen(): void {
    const { page, troubles } = this;
    page.on('domcontentloaded', () => (this.documents += 1));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      // Told with more detail below.
      const isRefusal = message.text().startsWith('Failed to load resource: the server responded');
      const isTrouble = message.type() === 'error' || message.type() === 'warning';
      if (isTrouble && !isRefusal) troubles.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() < 400) return;
      const { pathname } = new URL(response.url());
      this.refusals.push(`${response.status()} ${response.request().method()} ${pathname}`);
    });
  }
}
