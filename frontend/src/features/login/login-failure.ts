import type { Schema } from "@/lib/api/schema";

type Provider = Schema<"OidcOption">;

/** What to say of a login at the provider that failed, by the code that the API adds to the URL. */
export function loginFailure(code: string, provider: Provider): { title: string; detail: string } {
  const again = "Log in again.";
  switch (code) {
    case "no_role":
      return {
        title: "No access",
        detail: `${provider.name} logged you in, but your account has no role here. The claim “${provider.role_claim}” was read, and none of its values grants a role. Ask an administrator to assign you one at ${provider.name}.`,
      };
    case "closed":
      return { title: "No access", detail: "Your account is disabled or has expired. Ask an administrator." };
    case "provider":
      return {
        title: "Log in",
        detail: `${provider.name} cannot be reached, or does not respond as it should. Try again in a moment; the API's log has the reason.`,
      };
    case "refused":
      return { title: "Log in", detail: `${provider.name} did not log you in. ${again}` };
    case "state":
      return {
        title: "Log in",
        detail: `This login was used already, has expired, or began in another browser. ${again}`,
      };
    default:
      return {
        title: "Log in",
        detail: `The response of ${provider.name} is not valid. ${again} The audit trail has the reason.`,
      };
  }
}
