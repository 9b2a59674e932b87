"""The test gateway's cards: what each does is chosen by its number, as the big gateways document theirs."""

from typing import NamedTuple


class Card(NamedTuple):
    """What a test card does: its final outcome and code, whether the answer is lost or comes late, and what is special.

    challenge: the shopper has to confirm it on the bank's page first (3-D Secure). webhooks: how often a late answer
    is told, under the same event id.
    """

    outcome: str = "succeeded"
    code: str | None = None
    answer: str = "at once"
    refunds: str = "succeeded"
    challenge: bool = False
    webhooks: int = 1


CARDS = {
    "4242424242424242": Card(),
    "5555555555554444": Card(),
    "4000000000000002": Card("failed", "card_declined"),
    "4000000000009995": Card("failed", "insufficient_funds"),
    "4000000000009987": Card("failed", "lost_card"),
    "4000000000000069": Card("failed", "expired_card"),
    "4000000000000127": Card("failed", "incorrect_cvc"),
    "4000000000000119": Card("failed", "processing_error"),
    "4000000000005126": Card(refunds="failed"),  # charged; refunds fail
    "4000000000000408": Card(answer="lost"),  # charged, but the answer never arrives: only `query` tells
    "4000000000000202": Card(answer="late"),  # processing, then charged, and a webhook says so
    "4000000000000228": Card(answer="late", webhooks=2),  # the same, and the webhook comes twice
    "4000000000000210": Card("failed", "card_declined", answer="late"),  # processing, then declined
    "4000000000003220": Card(challenge=True),  # 3-D Secure: charged when the shopper confirms it
    "4000000000003238": Card(answer="late", challenge=True, webhooks=2),  # charged late, told twice
    "4000000000003253": Card("failed", "insufficient_funds", challenge=True),  # confirmed, and declined all the same
}
UNKNOWN_CARD = Card("failed", "invalid_token")
UNATTENDED = Card("failed", "authentication_required")
"""A card that asks for 3-D Secure where no shopper can be sent to the bank's page."""

GUIDE = """
The gateway `test` moves no real money. What it does is chosen by `gateway_token`:

| gateway_token | what happens |
| --- | --- |
| `tok_4242424242424242`, `tok_5555555555554444` | approved |
| `tok_4000000000000002` | declined: `card_declined` |
| `tok_4000000000009995` | declined: `insufficient_funds` |
| `tok_4000000000009987` | declined: `lost_card` |
| `tok_4000000000000069` | declined: `expired_card` |
| `tok_4000000000000127` | declined: `incorrect_cvc` |
| `tok_4000000000000119` | declined: `processing_error` |
| any other token | declined: `invalid_token` |
| `tok_4000000000000408` | time-out: charged without an answer; `processing` until the gateway is asked again |
| `tok_4000000000000202` | late: `processing`, charged 3 s later, told by a webhook |
| `tok_4000000000000228` | late, and the webhook comes twice |
| `tok_4000000000000210` | late: `processing`, then declined (`card_declined`) |
| `tok_4000000000003220` | 3-D Secure: `processing` with `next_action`; its page approves or refuses |
| `tok_4000000000003238` | 3-D Secure, charged 3 s after the page, told twice |
| `tok_4000000000003253` | 3-D Secure, then declined: `insufficient_funds` |
| `tok_4000000000005126` | approved; refunds fail |

**3-D Secure.** Send the shopper to `next_action.redirect_url`, or answer it yourself: `POST` there with
`?answer=approve` or `?answer=refuse` (declined: `authentication_failed`). The shopper comes back to the
intent's `return_url`; the payment is decided by the gateway's webhook. Abandoned: answer nothing, and
the payment is `expired` when `expires_at` has passed. A top-up with such a card is declined: `authentication_required`.

**Partial capture.** With `ATLANTIC_CAPTURE=at_pick_up` every approving token sets the money aside; then
`POST /v1/payments/{payment_id}/capture` with `amount_minor` takes a part of it.
"""
