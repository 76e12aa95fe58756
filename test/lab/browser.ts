// A real browser, and the undesired actions of a page in it.

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, as root, without network requests of its own. */
const OPTIONS = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export async function startBrowser(): Promise<Browser> {
  return chromium.launch(OPTIONS);
}

/** An opened page, with its console output and its requests. */
export class Visit {
  static async of(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const visit = new Visit(await browser.newPage(options));
    await visit.page.goto(`file://${file}`);
    return visit;
  }

  /** Console messages, errors, dialogs, and requests for anything but the page. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('console', (message) => this.complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const isPage = request.isNavigationRequest() && request.url().startsWith('file:');
      if (!isPage && !request.url().startsWith('data:')) this.complaints.push(`request: ${request.url()}`);
    });
  }

  /** The number of pixels by which the page is wider than the window. */
  async overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
