/** A reporter that ends a run with the tests that were skipped, each with its reason: nothing is left out in silence. */
import type { Reporter, TestModule } from "vitest/node";

// vitest finds a reporter by its default export.
// oxlint-disable-next-line import/no-default-export
export default class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules)
      for (const test of module.children.allTests("skipped")) {
        const { note } = test.result() as { readonly note?: string };
        console.info(`skipped: ${module.relativeModuleId}: ${test.fullName}${note ? `: ${note}` : ""}`);
      }
  }
}
