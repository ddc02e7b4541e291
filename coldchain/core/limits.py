"""A named bound on everything; each is tested at the limit and one past it."""

JSON_BYTES = 1_048_576
JSON_DEPTH = 32
JSON_NUMBER_CHARS = 32
UPLOAD_BYTES = 10 * 1024 * 1024
IMAGE_PIXELS_MAX = 50_000_000
PDF_PAGES = 200
PDF_STREAM_BYTES = 150_000_000  # one stream unpacked: a picture of IMAGE_PIXELS_MAX in three colours
PDF_UNPACKED_BYTES = 600_000_000  # all streams of one PDF together
FILE_READER_BYTES = 1_500_000_000  # address space of the process that reads one file
FILE_READER_S = 15  # its processor time; twice that on the clock

NAME_CHARS = 200
TEXT_CHARS = 500
NUMBER_CHARS = 100
ADDRESS_CHARS = 300
PHONE_CHARS = 40
CODE_CHARS = 40
FOREIGN_CODE_CHARS = 300  # other platforms put whole addresses into their squares

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
PIN_DIGITS = 6
PINS_WRONG_MAX = 5  # that many wrong ones end the device's permission
SLIP_MINUTES = 15
INVITATION_DAYS = 7
DEVICE_DAYS = 400  # browsers keep no cookie for longer; each sign-in begins anew
REGISTRATIONS_PER_ADDRESS = 20  # self-registrations sent from one address within REGISTRATIONS_MINUTES
REGISTRATIONS_MINUTES = 60
PUBLIC_QUESTIONS_PER_MIN = 240  # of one address without a sign-in, to the public register, in one process
PUBLIC_ADDRESSES = 20_000  # addresses counted at a time
SITES_PER_CLERK = 200
DISTRICTS_OFFERED = 400

LINES_PER_REQUEST = 500
DECLARED_DAYS_MAX = 366  # how far ahead goods may be declared
CORRECTIONS_PER_ARRIVAL = 200  # fields corrected of one arrival and its batches, all in all
DRAFT_CHARS = 400_000  # of one arrival's form that is not sent yet
STORES_FOUND = 8  # businesses whose cold stores a search offers
VOUCHERS_PER_ARRIVAL = 20  # photographs of the paper that an arrival was entered from
SAMPLES_PER_TUBE = 200
MADE_FROM = 100  # batches that go into one transformation
MADE_BATCHES = 50  # batches that come out of one
RESULT_ROWS = 300  # results in one file of a laboratory
SHEET_UNPACKED_BYTES = 10 * 1024 * 1024  # of a spreadsheet, before anything of it is read
SHEET_COLUMNS = 60
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

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
SESSION_HOURS = 14 * 24  # a page session's end, whatever its person does; and its end when nothing is done
SESSION_IDLE_MINUTES = 12 * 60
TIGHT_SESSION_HOURS = 12  # for roles that need the second step
TIGHT_SESSION_IDLE_MINUTES = 60
HALF_SESSION_MINUTES = 10  # between the password and the second step
FRESH_MINUTES = 10  # how long a proof of who one is counts for what can't be undone
TOUCH_SECONDS = 60  # "last seen" and "last used" are at most this stale
FAILURES_ALLOWED = 10  # of one name from one address, or from one known device, in FAILURE_MINUTES
FAILURES_OF_ADDRESS = 100  # of all names from one address, in FAILURE_MINUTES
FAILURES_OF_ACCOUNT = 200  # of one name from unknown devices everywhere, in FAILURE_HOURS
FAILURES_COUNTED_OF_ADDRESS = 20  # of these, so that one stranger never fills them
FAILURE_MINUTES = 15
FAILURE_HOURS = 24
KNOWN_DEVICE_DAYS = 400
LINK_HOURS = 72
RESET_LINK_HOURS = 24
RECOVERY_CODES = 10
KEY_DAYS_MAX = 366
KEY_SCOPES = 100
PARKED_MINUTES = 60
PARKED_CHARS = 400_000
SESSIONS_KEPT_DAYS = 30  # after their end: sessions and links
AUDIT_SUBJECTS = 600  # ids in one line of the audit log: a page of businesses with two values each
AUDIT_REFUSALS_PER_MIN = 60  # lines of one person in one process; who hammers is seen all the same
PERSONAL_VALUES_MAX = 500  # values about one person that are shown or erased at once
AUDIT_LINES_OF_PERSON = 500  # lines in what is held about a person

IDEMPOTENCY_KEY_CHARS = 200
IDEMPOTENCY_DAYS = 30
CURSOR_CHARS = 400
DATE_YEAR_MIN = 1990
DATE_YEAR_MAX = 2100
CLOCK_SKEW_S = 300  # a device's clock may run this far ahead before a claimed time counts as "in the future"
JOURNAL_LEAVES_MAX = 2**53 - 1  # beyond this JSON readers lose digits
