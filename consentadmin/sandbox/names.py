"""First and last names of Europe, and cities, from which the crowd of the seed is made."""

FIRST_NAMES = (
    "Agnès", "Aino", "Aleksander", "Alessia", "Amélie", "Ana", "Andrei", "Anneli", "Antoine",
    "Astrid", "Beatriz", "Björn", "Bruno", "Camille", "Chiara", "Claire", "Dimitris", "Dorota",
    "Eleni", "Émile", "Erik", "Eszter", "Fiona", "Florian", "Giulia", "Greta", "Hanna", "Hugo",
    "Inés", "Ivana", "Jakub", "Joana", "Johan", "Katarzyna", "Kasper", "Lea", "Liam", "Lucie",
    "Luka", "Maja", "Marta", "Matteo", "Mikael", "Nadia", "Niamh", "Noémie", "Olga", "Oskar",
    "Paula", "Petra", "Quentin", "Rasmus", "Rosa", "Saoirse", "Stefan", "Tereza", "Thijs", "Viktor",
    "Wanda", "Yannick",
)  # fmt: skip
LAST_NAMES = (
    "Almeida", "Andersson", "Bauer", "Bernard", "Bianchi", "Byrne", "Costa", "Dąbrowski", "Dubois",
    "Dumitru", "Eriksen", "Fabre", "Fernández", "Fischer", "Fontaine", "Garnier", "Georgiou",
    "Girard", "Haas", "Hansen", "Horváth", "Ivanova", "Jansen", "Kallas", "Keller", "Korhonen",
    "Kowalska", "Laurent", "Lindqvist", "Lombardi", "Maes", "Marchetti", "Martínez", "Moreau",
    "Murphy", "Nagy", "Nielsen", "Nowak", "Oliveira", "Petrov", "Popescu", "Renard", "Ricci",
    "Rossi", "Ruiz", "Schmitt", "Silva", "Svoboda", "Vermeulen", "Virtanen", "Weber", "Zieliński",
)  # fmt: skip
CITIES = (
    ("Paris", "FR"), ("Lyon", "FR"), ("Nantes", "FR"), ("Strasbourg", "FR"), ("Bruxelles", "BE"),
    ("Gent", "BE"), ("Köln", "DE"), ("Leipzig", "DE"), ("Wien", "AT"), ("Milano", "IT"),
    ("Torino", "IT"), ("Sevilla", "ES"), ("Bilbao", "ES"), ("Porto", "PT"), ("Utrecht", "NL"),
    ("Kraków", "PL"), ("Gdańsk", "PL"), ("Brno", "CZ"), ("Aarhus", "DK"), ("Malmö", "SE"),
    ("Tampere", "FI"), ("Cork", "IE"), ("Athína", "GR"), ("Cluj-Napoca", "RO"),
)  # fmt: skip
UK_CITIES = (("London", "GB"), ("Leeds", "GB"), ("Cardiff", "GB"), ("Glasgow", "GB"))
