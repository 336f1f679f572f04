# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast `lastword save` is, beside makedumpfile and beside the codecs themselves."""
