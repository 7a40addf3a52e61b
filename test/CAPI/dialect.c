// Types and attributes are made, read and refused, by a program that links no
// archive of the C API of MLIR.
//
// RUN: %cc %mlir_include %s -lptq-c -o %t.exe
// RUN: %t.exe | FileCheck %s

#include "ptq-c/Dialect.h"
#include "Inputs/check.h"

static MlirType getType(MlirContext context, const char *text) {
  PtqError *error = NULL;
  MlirType type = mlirPTQTypeParse(context, text, &error);
  EXPECT_NO_ERROR(error);
  return type;
}

static void printType(MlirType type) {
  char *text = mlirPTQTypePrint(type);
  printf("%s\n", text);
  ptqStringDestroy(text);
}

static void makeFormats(MlirContext context) {
  PtqError *error = NULL;
  int64_t block[] = {1, 32}, finer[] = {1, 16}, shape[] = {8, 100},
          scaleShape[2];
  MlirPTQQuantFormat format;
  MlirType type;
  memset(&format, 0, sizeof(format));
  format.storageWidth = 4;
  format.expressedType = getType(context, "f32");
  format.scaleType = getType(context, "f16");
  format.rank = 2;
  format.block = block;
  format.hasConstantZeroPoint = true;
  format.zeroPoint = 8;

  // CHECK: !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
  type = mlirPTQQuantTypeGet(context, &format, &error);
  EXPECT_NO_ERROR(error);
  EXPECT(mlirTypeIsAPTQQuant(type) && !mlirTypeIsAPTQQuant(format.scaleType));
  printType(type);
  mlirPTQQuantTypeGetScaleShape(type, shape, scaleShape);
  EXPECT(scaleShape[0] == 8 && scaleShape[1] == 4);

  // What is read of a type makes it again.
  format = mlirPTQQuantTypeGetFormat(type);
  EXPECT(format.storageWidth == 4 && !format.isSigned &&
         format.storageMax == 15);
  EXPECT(format.rank == 2 && format.block[1] == 32 && format.zeroPoint == 8);
  EXPECT(mlirPTQQuantTypeGet(context, &format, &error).ptr == type.ptr);

  // CHECK-NEXT: !ptq.q<s4<-7:7>:f32, block = [1, 32], scale = f16, zp = i8, multiplier = s4 per [1, 16]>
  format.isSigned = true;
  format.storageMin = -7;
  format.storageMax = 7;
  format.hasConstantZeroPoint = false;
  format.zeroPointType = getType(context, "i8");
  format.multiplierWidth = 4;
  format.isMultiplierSigned = true;
  format.multiplierMin = -8;
  format.multiplierMax = 7;
  format.multiplierBlock = finer;
  type = mlirPTQQuantTypeGet(context, &format, &error);
  EXPECT_NO_ERROR(error);
  printType(type);
  format = mlirPTQQuantTypeGetFormat(type);
  EXPECT(mlirPTQQuantTypeGet(context, &format, &error).ptr == type.ptr);

  // CHECK-NEXT: error: expects {{.*}}
  format.multiplierBlock = block;
  finer[1] = 12;
  format.multiplierBlock = finer;
  EXPECT(!mlirPTQQuantTypeGet(context, &format, &error).ptr);
  printError(&error);
  // CHECK: error: expects 2 to 16 bits of storage
  format.storageWidth = 1;
  EXPECT(!mlirPTQQuantTypeGet(context, &format, &error).ptr);
  printError(&error);
  // CHECK: error: {{.*}}
  EXPECT(!mlirPTQTypeParse(context, "!ptq.q<u4", &error).ptr);
  printError(&error);
}

static void makeAttributes(MlirContext context) {
  PtqError *error = NULL;
  MlirStringRef file = {"model.safetensors", 17}, key = {"weight", 6};
  MlirAttribute external = mlirPTQExternalAttrGet(context, file, key), mode,
                parsed;
  char *text = mlirPTQAttributePrint(external);
  // CHECK: #ptq.external<"model.safetensors", "weight">
  printf("%s\n", text);
  parsed = mlirPTQAttributeParse(context, text, &error);
  EXPECT_NO_ERROR(error);
  EXPECT(parsed.ptr == external.ptr);
  ptqStringDestroy(text);
  EXPECT(mlirAttributeIsAPTQExternal(external));
  EXPECT(mlirPTQExternalAttrGetFile(external).length == 17);
  EXPECT(strcmp(mlirPTQExternalAttrGetKey(external).data, "weight") == 0);

  mode = mlirPTQRequantizeModeAttrGet(context, true);
  EXPECT(mlirAttributeIsAPTQRequantizeMode(mode) &&
         !mlirAttributeIsAPTQRequantizeMode(external));
  EXPECT(mlirPTQRequantizeModeAttrIsFixed(mode));
  EXPECT(!mlirPTQRequantizeModeAttrIsFixed(
      mlirPTQRequantizeModeAttrGet(context, false)));
  // CHECK-NEXT: error: {{.*}}
  EXPECT(!mlirPTQAttributeParse(context, "#ptq.no_such", &error).ptr);
  printError(&error);
}

int main(void) {
  PtqContext *context = ptqContextCreate();
  makeFormats(mlirPTQContextGetMLIR(context));
  makeAttributes(mlirPTQContextGetMLIR(context));
  ptqContextDestroy(context);
  return 0;
}
