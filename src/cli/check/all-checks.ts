import { checkApiServer } from "./check-api-server.ts";
import { checkCaBundle } from "./check-ca-bundle.ts";
import { checkCaches } from "./check-caches.ts";
import { checkCertificates } from "./check-certificates.ts";
import { checkControllers } from "./check-controllers.ts";
import { checkFluidKinds } from "./check-fluid-kinds.ts";
import { checkHandover } from "./check-handover.ts";
import { checkJuicefs } from "./check-juicefs.ts";
import { checkNamespaces } from "./check-namespaces.ts";
import { checkOtherInjectors, checkOtherWebhooks } from "./check-other-webhooks.ts";
import { checkPermissions } from "./check-permissions.ts";
import { checkPluginProfile } from "./check-plugin-profile.ts";
import { checkPolicy } from "./check-policy.ts";
import { checkRegistration } from "./check-registration.ts";
import { checkReplicas, checkService } from "./check-replicas.ts";
import type { Check, CheckResult } from "./check-result.ts";
import { checkValidation } from "./check-validation.ts";
import type { Facts } from "./facts.ts";

/** In the order in which they are shown. */
const checks: readonly Check[] = [
  checkApiServer,
  checkFluidKinds,
  checkReplicas,
  checkService,
  checkRegistration,
  checkCaBundle,
  checkCertificates,
  checkPermissions,
  checkCaches,
  checkNamespaces,
  checkPluginProfile,
  checkControllers,
  checkJuicefs,
  checkValidation,
  checkOtherWebhooks,
  checkHandover,
  checkOtherInjectors,
  checkPolicy,
];

/** All findings about an installation, in the order in which they are shown. */
export function runChecks(facts: Facts): CheckResult[] {
  return checks.flatMap((check) => check(facts) ?? []);
}
