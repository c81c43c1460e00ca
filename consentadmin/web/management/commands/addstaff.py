"""`addstaff`: add a member of staff, or give a known one a new password and one more role."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.accounts.services import add_staff
from consentadmin.datamarts.models import Datamart
from consentadmin.web.management.passwords import from_environment


class Command(BaseCommand):
    """Adds or updates one member of staff."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--name", help="as the trail shows it; by default the e-mail's first part"
        )
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--datamart", required=True, metavar="ID|all")
        parser.add_argument(
            "--password-env",
            required=True,
            metavar="VAR",
            help="the environment variable that holds the password",
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Add them."""
        password = from_environment(options["password_env"])
        email = options["email"]
        name = options["name"] or email.partition("@")[0].replace(".", " ").title()
        try:
            validate_email(email)
            validate_password(password, Staff(email=email, name=name))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        add_staff(
            email=email,
            name=name,
            password=password,
            role=Role(options["role"]),
            datamart=self._datamart(options["datamart"]),
        )
        self.stdout.write(f"{email} is {options['role']} on {options['datamart']}.")

    @staticmethod
    def _datamart(name: str) -> Datamart | None:
        if name == "all":
            return None
        datamart = Datamart.objects.filter(platform_id=name).first()
        if datamart is None:
            raise CommandError(f"There is no datamart {name}.", returncode=2)
        return datamart
