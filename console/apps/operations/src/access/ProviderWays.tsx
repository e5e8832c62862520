/** The single sign-on on the sign-in page: the way in, and after a sign-out here the way out there. */
import { Button } from "@nearhand/ui";
import shield from "lucide-static/icons/shield-check.svg?raw";
import { accessSentence, useActing } from "./acting";
import { goToProvider, leaveProvider, mayLeaveProvider } from "./provider";
import { Wrong } from "./SignIn";
import { t } from "./words";

interface ProviderWaysProps {
  name: string;
  isBusy: boolean;
}

export function ProviderWays({ name, isBusy }: ProviderWaysProps) {
  const acting = useActing(accessSentence);
  return (
    <div class="gate-provider">
      <Button
        icon={shield}
        look="primary"
        isBusy={acting.isBusy}
        disabled={isBusy}
        onClick={() => void acting.run(() => goToProvider())}
        data-testid="sign-in-provider"
      >
        {t("signInWith", { name })}
      </Button>
      {acting.problem && <Wrong>{acting.problem}</Wrong>}
      {mayLeaveProvider() && (
        <button
          type="button"
          class="link"
          onClick={() => void acting.run(leaveProvider)}
          data-testid="leave-provider"
        >
          {t("leaveProvider", { name })}
        </button>
      )}
      <p class="gate-or">
        <span>{t("or")}</span>
      </p>
    </div>
  );
}
