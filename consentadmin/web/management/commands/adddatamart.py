"""`adddatamart`: add a datamart, or give a known one a new name, address or API token."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import URLValidator

from consentadmin.datamarts.services import set_up
from consentadmin.mediarithmics.hashing import HashFunction, HashRule
from consentadmin.web.management.passwords import from_environment


class Command(BaseCommand):
    """Adds or updates one datamart."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--id", required=True, help="the platform's datamart id")
        parser.add_argument("--name", required=True)
        parser.add_argument("--api-url", default="https://api.mediarithmics.com")
        parser.add_argument(
            "--token-env",
            required=True,
            metavar="VAR",
            help="the environment variable that holds the API token",
        )

        rule = parser.add_argument_group("how this datamart hashes e-mail addresses")
        rule.add_argument("--hash-function", choices=list(HashFunction), help="SHA256 by default")
        rule.add_argument("--hash-untrimmed", action="store_true", help="keep blanks around")
        rule.add_argument("--hash-as-typed", action="store_true", help="do not lower-case")
        rule.add_argument("--hash-salt-env", metavar="VAR", help="put before the address")

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Add it."""
        token = from_environment(options["token_env"])
        check = URLValidator(schemes=["http", "https"])
        try:
            check(options["api_url"])
        except ValidationError:
            raise CommandError("--api-url is not an http or https address.", returncode=2) from None
        try:
            set_up(
                platform_id=options["id"],
                name=options["name"],
                api_url=options["api_url"],
                token=token,
                hash_rule=_rule(options),
            )
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write(f"Datamart {options['id']} is set up. Next: manage.py syncreferentials")


def _rule(options: dict[str, Any]) -> HashRule | None:
    """Return the rule that was named, or None when nothing was said of it."""
    said = ("hash_function", "hash_untrimmed", "hash_as_typed", "hash_salt_env")
    if not any(options[name] for name in said):
        return None
    return HashRule(
        function=HashFunction(options["hash_function"] or HashFunction.SHA256),
        trim=not options["hash_untrimmed"],
        lower=not options["hash_as_typed"],
        salt=from_environment(options["hash_salt_env"]) if options["hash_salt_env"] else "",
    )
