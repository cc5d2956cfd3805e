# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that RFCs print, so that what is made of them can be compared with what they print."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sluice_proxy.acme.signing.base64url import decoded
from sluice_proxy.acme.signing.keys import SigningKey

_MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK"
    "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic"
    "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3"
    "XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)
_EXPONENT = (
    "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv"
    "7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t"
    "8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2W"
    "Bii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q"
)


def rsa_key() -> SigningKey:
    """The key of RFC 7517, appendix A.2, whose thumbprint is in RFC 7638, section 3.1."""
    n, d, e = _number(_MODULUS), _number(_EXPONENT), 65537
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    numbers = rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, n))
    return SigningKey(numbers.private_key())


def ec_key() -> SigningKey:
    """The key of RFC 7515, appendix A.3."""
    secret = _number("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")
    return SigningKey(ec.derive_private_key(secret, ec.SECP256R1()))


def _number(text: str) -> int:
    return int.from_bytes(decoded(text))
