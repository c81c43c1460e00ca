"""The referentials of the seed: organisations, datamarts, compartments, channels, processings.

Shapes as in PLATFORM §4 (processing) and §8 (the rest); ids of resources are strings.
"""

from typing import NamedTuple

from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    COMMUNITY,
    CUSTOMERS,
    DATAMART,
    DATAMART_UK,
    DELETED_PROCESSING,
    FOREIGN_DATAMART,
    FOREIGN_ORGANISATION,
    LOYALTY,
    NAMELESS,
    ORGANISATION,
    UK_CUSTOMERS,
)

CONSENT = "CONSENT"
CONTRACT = "CONTRACTUAL_PERFORMANCE"
LEGAL = "LEGAL_OBLIGATION"
PUBLIC = "PUBLIC_INTEREST_OR_EXERCISE_OF_OFFICIAL_AUTHORITY"
INTEREST = "LEGITIMATE_INTEREST"


class Processing(NamedTuple):
    """What a choice is about."""

    id: str
    technical_name: str
    legal_basis: str
    name: str
    purpose: str


NEWSLETTER, SMS, ADS, PARTNERS, AUDIENCE = "3401", "3402", "3403", "3404", "3405"

PROCESSINGS = (
    Processing("3401", "newsletter_email", CONSENT, "Newsletter by e-mail",
               "Send the weekly newsletter and offers to the e-mail addresses we know."),
    Processing("3402", "sms_offers", CONSENT, "SMS offers",
               "Send offers of at most four messages a month to the mobile number."),
    Processing("3403", "ad_personalisation", CONSENT, "Ad personalisation",
               "Choose the advertising shown on other sites by what was looked at and bought."),
    Processing("3404", "partner_sharing", CONSENT, "Sharing with partners",
               "Pass segments to our advertising partners for their own campaigns."),
    Processing("3405", "audience_measurement", INTEREST, "Audience measurement",
               "Count visits to our sites and apps and see which pages are used."),
    Processing("3406", "product_recommendations", INTEREST, "Product recommendations",
               "Suggest products in the shop by earlier purchases."),
    Processing("3407", "fraud_prevention", INTEREST, "Fraud prevention",
               "Recognise orders that are likely to be fraudulent before they are sent."),
    Processing("3408", "order_fulfilment", CONTRACT, "Order fulfilment",
               "Pack, send and follow the orders, and answer questions about them."),
    Processing("3409", "loyalty_programme", CONTRACT, "Loyalty programme",
               "Keep the points of members and grant the advantages of their tier."),
    Processing("3410", "accounting", LEGAL, "Accounting records",
               "Keep invoices and payments for ten years, as commercial law asks."),
    Processing("3411", "product_recalls", LEGAL, "Product recalls",
               "Warn the buyers of a product that turns out to be dangerous."),
    Processing("3412", "public_health_notices", PUBLIC, "Public-health notices",
               "Pass on notices of the health authority to customers of a region."),
    Processing("3413", "geolocated_offers", CONSENT, "Offers near a shop",
               "Send an offer when the phone comes near one of our shops."),
    Processing(ARCHIVED_PROCESSING, "postal_catalogue", INTEREST, "Postal catalogue",
               "Send the printed catalogue twice a year. Ended in 2022."),
)  # fmt: skip
# Deleted long ago: no list shows it, and yet somebody's choice points at it.
DELETED = Processing(DELETED_PROCESSING, "sweepstakes_2018", CONSENT, "Sweepstakes 2018", "")

ORGANISATIONS = (
    (True, {"id": ORGANISATION, "name": "Maison Aubert", "community_id": COMMUNITY}),
    (
        False,
        {
            "id": FOREIGN_ORGANISATION,
            "name": "Somebody Else",
            "community_id": FOREIGN_ORGANISATION,
        },
    ),
)


def _datamart(datamart_id: str, organisation_id: str, name: str, zone: str) -> dict[str, str]:
    return {
        "id": datamart_id,
        "name": name,
        "organisation_id": organisation_id,
        "token": name.lower().replace(" ", "-"),
        "time_zone": zone,
    }


DATAMARTS = (
    (True, _datamart(DATAMART, ORGANISATION, "Retail EU", "Europe/Paris")),
    (True, _datamart(DATAMART_UK, ORGANISATION, "Retail UK", "Europe/London")),
    (False, _datamart(FOREIGN_DATAMART, FOREIGN_ORGANISATION, "Not Ours", "Europe/Berlin")),
)

# (datamart, the link's id, compartment id, is the default, technical token, name)
COMPARTMENTS = (
    (DATAMART, "501", CUSTOMERS, True, "customers", "Customer accounts"),
    (DATAMART, "502", LOYALTY, False, "loyalty", "Loyalty programme"),
    (DATAMART, "503", NAMELESS, False, "legacy-crm", ""),
    (DATAMART_UK, "511", UK_CUSTOMERS, True, "uk-customers", "UK customer accounts"),
)

SHOP_SITE, SHOP_APP = "2201", "2204"
CHANNELS = (
    (SHOP_SITE, "Shop France", "SITE", "www.aubert.example"),
    ("2202", "Shop Germany", "SITE", "www.aubert-laden.example"),
    ("2203", "Magazine", "SITE", "magazine.aubert.example"),
    (SHOP_APP, "Aubert app", "MOBILE_APPLICATION", None),
)
CHANNEL_IDS = tuple(row[0] for row in CHANNELS)
