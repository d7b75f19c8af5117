// Nothing to call: a program that links this target executes itself again from a sealed place before anything else of it
// runs. See early_seal.c.
#pragma once
