"""A named bound on everything; each is tested at the limit and one past it."""

JSON_BYTES = 1_048_576
JSON_DEPTH = 32
JSON_NUMBER_CHARS = 32
UPLOAD_BYTES = 10 * 1024 * 1024
IMAGE_PIXELS_MAX = 50_000_000

NAME_CHARS = 200
TEXT_CHARS = 500
NUMBER_CHARS = 100
ADDRESS_CHARS = 300
PHONE_CHARS = 40
CODE_CHARS = 40

LINES_PER_REQUEST = 500
SAMPLES_PER_TUBE = 200
MADE_FROM = 100  # batches that go into one transformation
MADE_BATCHES = 50  # batches that come out of one
LABELS_PER_RUN = 500
HANDED_OVER = 1_000  # things of one officer that are handed on in one screen
PAGE_DEFAULT = 50
PAGE_MAX = 200
SEARCH_CHARS = 200
SEARCH_TERMS = 8
CRITERION_VALUES = 200
ALIASES = 50

QUANTITY_UNITS_MAX = 1_000_000_000_000  # 10^12 g = a million tonnes
MASS_G_MAX = 1_000_000_000_000
PIECES_MAX = 1_000_000
COUNT_MAX = 1_000_000

IDEMPOTENCY_KEY_CHARS = 200
IDEMPOTENCY_DAYS = 30
CURSOR_CHARS = 400
DATE_YEAR_MIN = 1990
DATE_YEAR_MAX = 2100
CLOCK_SKEW_S = 300  # a device's clock may run this far ahead before a claimed time counts as "in the future"
JOURNAL_LEAVES_MAX = 2**53 - 1  # beyond this JSON readers lose digits
