// Watches the page frame by frame for a password field that must not be visible even for a moment.

import type { BrowserContext } from "@playwright/test";

/** Collects the paths at which a password field became visible since the last `forget`. */
export class Witness {
  private seen: string[] = [];

  static async of(context: BrowserContext): Promise<Witness> {
    const witness = new Witness();
    await context.exposeFunction("passwordFieldIsVisible", (path: string) => void witness.seen.push(path));
    await context.addInitScript(() => {
      const { passwordFieldIsVisible } = window as unknown as { passwordFieldIsVisible(path: string): void };
      let visible = false;
      const look = () => {
        const before = visible;
        const fields = document.querySelectorAll("input[type=password], input[autocomplete=current-password]");
        visible = [...fields].some((field) => field.checkVisibility({ visibilityProperty: true }));
        if (visible && !before) passwordFieldIsVisible(location.pathname);
      };
      // A mutation is observed before it is painted; a change by style alone is observed at the next frame.
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
      const eachFrame = () => {
        look();
        requestAnimationFrame(eachFrame);
      };
      eachFrame();
    });
    return witness;
  }

  saw(): string[] {
    return this.seen;
  }

  forget(): void {
    this.seen = [];
  }
}
