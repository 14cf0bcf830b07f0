"""What a signature says that it is for: approval of these very terms, by their hash, inside of what is signed.

A signature that was cut out of another document therefore still names the terms that it was made for.
"""

from __future__ import annotations

from typing import Any

TERMS_QUALIFIER = "2.25.53042876670830516892363751899341353830"
"""The object identifier of the qualifier that holds the hash (ITU-T X.667: a number nobody else has)."""
HASH_BYTES = 32


def commitment_to(terms_sha256: str) -> Any:
    """The signed attribute: proof of approval, qualified by the SHA-256 of the terms.

    Source  ETSI EN 319 122-1 clause 5.2.3 (commitment-type-indication)
    """
    from asn1crypto import core
    from pyhanko.sign.ades.cades_asn1 import CommitmentTypeIndication

    return CommitmentTypeIndication(
        {
            "commitment_type_id": "proof_of_approval",
            "commitment_type_qualifier": [
                {
                    "commitment_type_identifier": TERMS_QUALIFIER,
                    "qualifier": core.Any(core.OctetString(bytes.fromhex(terms_sha256))),
                }
            ],
        }
    )


def committed_terms(signer_info: Any) -> str:
    """The hash of the terms that a signature was made for, in hexadecimal; empty where it names none."""
    from asn1crypto import core
    from pyhanko.sign.ades.cades_asn1 import CommitmentTypeIndication

    for attribute in signer_info["signed_attrs"]:
        if attribute["type"].native != "commitment_type":
            continue
        for value in attribute["values"]:
            qualifiers = CommitmentTypeIndication.load(value.dump())["commitment_type_qualifier"]
            for each in qualifiers if qualifiers.native else ():
                if each["commitment_type_identifier"].dotted == TERMS_QUALIFIER:
                    return str(core.OctetString.load(each["qualifier"].dump()).native.hex())
    return ""
